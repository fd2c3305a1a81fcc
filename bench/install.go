//go:build linux

package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// streamModule is the path of nginx's module for TCP and UDP on Debian.
const streamModule = "/usr/lib/nginx/modules/ngx_stream_module.so"

// install installs Debian's packages for the programs and files that are missing.
func install(ctx context.Context, programs ...string) error {
	packages := map[string]string{"h2load": "nghttp2-client", streamModule: "libnginx-mod-stream"} // the others are named like theirs
	var missing []string
	for _, name := range programs {
		if !installed(name) {
			missing = append(missing, cmp.Or(packages[name], name))
		}
	}
	if len(missing) == 0 {
		return nil
	}
	fmt.Println("installing", missing, "with apt-get; their services are not started")
	if err := apt(ctx, "update", "-q"); err != nil {
		return err
	}
	return apt(ctx, append([]string{"install", "-y", "--no-install-recommends"}, missing...)...)
}

// installed reports whether name is a program in the PATH, or the path of a file.
func installed(name string) bool {
	if filepath.IsAbs(name) {
		_, err := os.Stat(name)
		return err == nil
	}
	_, err := exec.LookPath(name)
	return err == nil
}

func apt(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "apt-get", args...)
	// RUNLEVEL=1 makes invoke-rc.d leave the new services alone.
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1")
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("apt-get %v: %w: %s", args, err, text)
	}
	return nil
}
