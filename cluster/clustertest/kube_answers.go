package clustertest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// serve answers one request.
func (k *Kube) serve(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	k.requests = append(k.requests, r.URL.Path)
	k.mu.Unlock()
	delay(r, k.facts.Latency)
	if k.facts.Fault != nil && k.facts.Fault(w, r) {
		return
	}
	if k.facts.Token != "" && r.Header.Get("Authorization") != "Bearer "+k.facts.Token {
		writeStatus(w, http.StatusUnauthorized)
		return
	}
	if code, ok := k.facts.Status[r.URL.Path]; ok {
		writeStatus(w, code)
		return
	}
	answer, found := k.answer(r)
	if !found {
		writeStatus(w, http.StatusNotFound)
		return
	}
	writeJSON(w, http.StatusOK, answer)
}

// object is JSON as an API server sends it.
type object map[string]any

func (k *Kube) answer(r *http.Request) (object, bool) {
	switch path := r.URL.Path; path {
	case "/version":
		return object{"gitVersion": k.facts.Version}, true
	case "/api/v1/nodes":
		return k.nodes(r), true
	case "/api/v1/namespaces/kube-system":
		return object{"kind": "Namespace", "apiVersion": "v1", "metadata": object{"name": "kube-system", "uid": k.facts.UID}}, true
	default:
		kind, name := namespaced(path)
		meta := object{"namespace": strings.Split(name, "/")[0], "name": name[strings.Index(name, "/")+1:]}
		if data, ok := k.facts.ConfigMaps[name]; ok && kind == "configmaps" {
			return object{"kind": "ConfigMap", "apiVersion": "v1", "metadata": meta, "data": data}, true
		}
		if port, ok := k.facts.NodePorts[name]; ok && kind == "services" {
			spec := object{"type": "NodePort", "ports": []object{{"port": 5000, "nodePort": port}}}
			return object{"kind": "Service", "apiVersion": "v1", "metadata": meta, "spec": spec}, true
		}
		return nil, false
	}
}

// nodes is one page of the nodes, as metadata only where the client asks so.
// The token for the next page is the index of its first node.
func (k *Kube) nodes(r *http.Request) object {
	query := r.URL.Query()
	first, _ := strconv.Atoi(query.Get("continue"))
	limit, _ := strconv.Atoi(query.Get("limit"))
	page, listMeta := k.facts.Nodes[min(max(first, 0), len(k.facts.Nodes)):], object{}
	if limit > 0 && limit < len(page) {
		listMeta["continue"] = strconv.Itoa(first + limit)
		listMeta["remainingItemCount"] = len(page) - limit
		page = page[:limit]
	}
	kind, version, itemKind := "NodeList", "v1", "Node"
	if strings.Contains(r.Header.Get("Accept"), "as=PartialObjectMetadataList") {
		kind, version, itemKind = "PartialObjectMetadataList", "meta.k8s.io/v1", "PartialObjectMetadata"
	}
	items := make([]object, len(page))
	for i, n := range page {
		items[i] = object{"kind": itemKind, "apiVersion": version, "metadata": object{
			"name": n.Name, "labels": n.Labels, "annotations": n.Annotations,
		}}
	}
	return object{"kind": kind, "apiVersion": version, "metadata": listMeta, "items": items}
}

// namespaced splits /api/v1/namespaces/NAMESPACE/KIND/NAME.
func namespaced(path string) (kind, name string) {
	rest, ok := strings.CutPrefix(path, "/api/v1/namespaces/")
	parts := strings.Split(rest, "/")
	if !ok || len(parts) != 3 {
		return "", ""
	}
	return parts[1], parts[0] + "/" + parts[2]
}

// writeStatus sends the metav1.Status that goes with a code.
func writeStatus(w http.ResponseWriter, code int) {
	text := http.StatusText(code)
	writeJSON(w, code, object{
		"kind": "Status", "apiVersion": "v1", "metadata": object{}, "status": "Failure",
		"message": fmt.Sprintf("the test server answers %d", code), "reason": strings.ReplaceAll(text, " ", ""), "code": code,
	})
}

func writeJSON(w http.ResponseWriter, code int, v object) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	json.NewEncoder(w).Encode(v) // fails where the client has gone
}
