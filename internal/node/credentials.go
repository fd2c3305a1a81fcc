package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"time"

	"elbow/internal/backup"
	"elbow/internal/control"
	"elbow/internal/elb"
	"elbow/internal/profile"
	"elbow/internal/regular"
)

// bootstrapTime bounds the calls to the store at the start.
const bootstrapTime = 30 * time.Second

// bootstrap creates the objects of a first start and enables the root key.
func bootstrap(c Config, endpoint string, service *control.Service, log *slog.Logger) error {
	ctx, cancel := context.WithTimeout(context.Background(), bootstrapTime)
	defer cancel()
	done, err := service.Bootstrapped(ctx)
	if err != nil {
		return err
	}
	key, err := rootKey(c, endpoint, done, log)
	if err != nil {
		return err
	}
	err = service.Bootstrap(ctx, control.BootstrapConfig{
		AccessKeyID: key.ID, Secret: key.Secret, Region: c.Region, VSwitch: c.VSwitch,
	})
	if err != nil {
		return err
	}
	unused, err := service.UnusedEIPs(ctx)
	for _, why := range unused {
		log.Warn("range of EIPs not used", "err", why)
	}
	return err
}

// rootKey returns the root access key to enable, or none if the store already has it. Only
// the first start generates one. It is written to a file before it is stored, so that a
// start that is interrupted between the two leaves the key that the next start uses.
func rootKey(c Config, endpoint string, bootstrapped bool, log *slog.Logger) (elb.AccessKey, error) {
	key := elb.AccessKey{ID: c.AccessKeyID, Secret: c.Secret}
	if key.ID != "" || bootstrapped {
		return key, nil
	}
	path := filepath.Join(c.Data, "root-credentials")
	key, err := readCredentials(path)
	if errors.Is(err, fs.ErrNotExist) {
		key = elb.AccessKey{ID: elb.NewAccessKeyID(), Secret: elb.NewAccessKeySecret()}
		err = writeCredentials(path, key, endpoint)
	}
	if err != nil {
		return elb.AccessKey{}, fmt.Errorf("root credentials: %w", err)
	}
	log.Info("root credentials written", "path", path)
	return key, nil
}

// writeCredentials writes a profile for `elbow call`.
func writeCredentials(path string, key elb.AccessKey, endpoint string) error {
	text := fmt.Sprintf("# The root access key, made at the first start. Use it with\n"+
		"#   ELBOW_CONFIG=%s elbow call GetCallerIdentity\n"+
		"endpoint = %s\naccess-key-id = %s\naccess-key-secret = %s\n",
		path, endpoint, key.ID, key.Secret)
	return backup.WriteWhole(path, []byte(text))
}

// readCredentials reads what writeCredentials wrote.
func readCredentials(path string) (elb.AccessKey, error) {
	f, err := regular.Open(path)
	if err != nil {
		return elb.AccessKey{}, err
	}
	defer f.Close()
	profiles, err := profile.Parse(f)
	if err != nil {
		return elb.AccessKey{}, fmt.Errorf("%s: %w", path, err)
	}
	p := profiles[profile.Default]
	key := elb.AccessKey{ID: p["access-key-id"], Secret: p["access-key-secret"]}
	if key.ID == "" || key.Secret == "" {
		return elb.AccessKey{}, fmt.Errorf("%s: has no access key; remove it to have one made", path)
	}
	return key, nil
}
