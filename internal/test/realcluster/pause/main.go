package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if len(os.Args) != 3 || os.Args[1] != "http" {
		<-ctx.Done()
		return
	}
	server := &http.Server{Addr: os.Args[2], ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(answer)}
	context.AfterFunc(ctx, func() { server.Close() })
	if err := server.ListenAndServe(); err != http.ErrServerClosed {
		fmt.Fprintln(os.Stderr, "pause:", err)
		os.Exit(1)
	}
}

func answer(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok\n") }
