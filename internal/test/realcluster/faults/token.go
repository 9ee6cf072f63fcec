package faults

// Token is in every credential that a plugin here prints. The real API servers
// of package realcluster know it as an administrator's.
const Token = "admintoken"
