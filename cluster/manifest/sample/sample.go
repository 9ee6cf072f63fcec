package sample

import (
	"bufio"
	"fmt"
	"io"
)

// Images is how many distinct images the manifests hold.
const Images = 200

// Image is the name of image i, counted from 0.
func Image(i int) string {
	i %= Images
	return fmt.Sprintf("registry.example.com/team-%02d/service-%03d:v1.%d.%d", i%20, i, i%7, i%11)
}

// Write writes n Deployments, each with three containers and an init container,
// and behind each a Service and a ConfigMap with a decoy image in a literal
// block.
func Write(w io.Writer, n int) error {
	b := bufio.NewWriterSize(w, 64<<10)
	for i := range n {
		deployment(b, i)
		service(b, i)
		configMap(b, i)
	}
	return b.Flush()
}

func deployment(w io.Writer, i int) {
	fmt.Fprintf(w, `---
# Deployment %[1]d, written by a generator.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-%05[1]d
  namespace: team-%02[2]d
  labels:
    app.kubernetes.io/name: app-%05[1]d
    app.kubernetes.io/part-of: platform
    app.kubernetes.io/managed-by: generator
  annotations:
    prometheus.io/scrape: "true"
    prometheus.io/port: "9090"
spec:
  replicas: 3
  revisionHistoryLimit: 5
  selector:
    matchLabels:
      app.kubernetes.io/name: app-%05[1]d
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: 25%%
      maxUnavailable: 0
  template:
    metadata:
      labels:
        app.kubernetes.io/name: app-%05[1]d
        app.kubernetes.io/part-of: platform
    spec:
      serviceAccountName: app-%05[1]d
      securityContext:
        runAsNonRoot: true
        fsGroup: 2000
      initContainers:
      - name: migrate
        image: %[3]s
        command: ["/bin/migrate", "--wait"]
        env:
        - name: DATABASE_URL
          valueFrom:
            secretKeyRef:
              name: app-%05[1]d-db
              key: url
      containers:
`, i, i%20, Image(4*i))
	for c, name := range []string{"app", "proxy", "metrics"} {
		container(w, i, c, name)
	}
	io.WriteString(w, `      volumes:
      - name: config
        configMap:
          name: shared-config
      - name: cache
        emptyDir: {}
`)
}

func container(w io.Writer, i, c int, name string) {
	fmt.Fprintf(w, `      - name: %[1]s
        image: %[2]s
        imagePullPolicy: IfNotPresent
        args:
        - --listen=:%[3]d
        - --log-level=info
        ports:
        - name: http-%[1]s
          containerPort: %[3]d
          protocol: TCP
        env:
        - name: ROLE
          value: %[1]s
        - name: POD_NAME
          valueFrom:
            fieldRef:
              fieldPath: metadata.name
        resources:
          requests:
            cpu: 100m
            memory: 128Mi
          limits:
            memory: 256Mi
        volumeMounts:
        - name: config
          mountPath: /etc/app
`, name, Image(4*i+c+1), 8080+c)
}

func service(w io.Writer, i int) {
	fmt.Fprintf(w, `---
apiVersion: v1
kind: Service
metadata:
  name: app-%05[1]d
  namespace: team-%02[2]d
spec:
  selector:
    app.kubernetes.io/name: app-%05[1]d
  ports:
  - name: http
    port: 80
    targetPort: http-app
`, i, i%20)
}

func configMap(w io.Writer, i int) {
	fmt.Fprintf(w, `---
apiVersion: v1
kind: ConfigMap
metadata:
  name: app-%05[1]d
  namespace: team-%02[2]d
data:
  pod.yaml: |
    # An example for the reader, not an object.
    spec:
      containers:
      - name: decoy
        image: %[3]s
`, i, i%20, Image(i))
}
