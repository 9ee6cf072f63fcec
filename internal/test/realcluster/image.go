package realcluster

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// Media types of the OCI image specification.
const (
	manifestType = "application/vnd.oci.image.manifest.v1+json"
	configType   = "application/vnd.oci.image.config.v1+json"
	layerType    = "application/vnd.oci.image.layer.v1.tar"
)

// PushPause puts an image into the registry that holds one program: pause,
// which does nothing until it is asked to end, and with the arguments
// `http ADDR` answers every request on ADDR meanwhile. It returns the image's
// digest.
func (r *Registry) PushPause(t testing.TB, repository, tag string) (digest string) {
	t.Helper()
	digest, err := r.pushPause(repository, tag)
	if err != nil {
		t.Fatalf("push an image: %v", err)
	}
	return digest
}

func (r *Registry) pushPause(repository, tag string) (digest string, err error) {
	program := filepath.Join(filepath.Dir(r.Log), "pause")
	if _, err := os.Stat(program); err != nil {
		if _, err := goOutput(context.Background(), "", "build", "-o", program, "github.com/sextant-dev/sextant/internal/test/realcluster/pause"); err != nil {
			return "", err
		}
	}
	layer, err := tarOf(program)
	if err != nil {
		return "", err
	}
	config, err := json.Marshal(map[string]any{
		"architecture": runtime.GOARCH, "os": "linux",
		"config": map[string]any{"Entrypoint": []string{"/pause"}},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{digestOf(layer)}},
	})
	if err != nil {
		return "", err
	}
	manifest, err := json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": manifestType,
		"config": descriptor(configType, config),
		"layers": []any{descriptor(layerType, layer)},
	})
	if err != nil {
		return "", err
	}
	for _, blob := range [][]byte{layer, config} {
		if err := r.pushBlob(repository, blob); err != nil {
			return "", err
		}
	}
	return digestOf(manifest), r.put(r.URL+"/v2/"+repository+"/manifests/"+tag, manifestType, manifest)
}

func tarOf(program string) ([]byte, error) {
	data, err := os.ReadFile(program)
	if err != nil {
		return nil, err
	}
	var layer bytes.Buffer
	w := tar.NewWriter(&layer)
	if err := w.WriteHeader(&tar.Header{Name: "pause", Mode: 0o755, Size: int64(len(data)), ModTime: time.Unix(0, 0)}); err != nil {
		return nil, err
	}
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	return layer.Bytes(), w.Close()
}

func digestOf(data []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(data)) }

func descriptor(mediaType string, data []byte) map[string]any {
	return map[string]any{"mediaType": mediaType, "digest": digestOf(data), "size": len(data)}
}

// pushBlob asks for an upload and sends it in one piece.
func (r *Registry) pushBlob(repository string, blob []byte) error {
	resp, err := http.Post(r.URL+"/v2/"+repository+"/blobs/uploads/", "", nil)
	if err != nil {
		return err
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusAccepted {
		return fmt.Errorf("ask for an upload: %s", resp.Status)
	}
	at, err := resp.Location()
	if err != nil {
		return fmt.Errorf("ask for an upload: %w", err)
	}
	query := at.Query()
	query.Set("digest", digestOf(blob))
	at.RawQuery = query.Encode()
	return r.put(at.String(), "application/octet-stream", blob)
}

func (r *Registry) put(url, contentType string, data []byte) error {
	req, err := http.NewRequest(http.MethodPut, url, bytes.NewReader(data))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", contentType)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
		return fmt.Errorf("put %s: %s: %s", req.URL.Path, resp.Status, body)
	}
	return nil
}
