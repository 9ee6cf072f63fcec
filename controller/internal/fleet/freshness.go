package fleet

import (
	"context"
	"fmt"
	"os"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/hub"
)

// renewal is the time between two looks at the fleet.
const renewal = 10 * time.Second

// freshness renews the fleet's Lease while every cluster was checked in time. The
// Lease of the leader election cannot show that: it is renewed while checks hang.
type freshness struct {
	reconciler *reconciler
	// client reads Clusters from the cache, leases reads and writes Leases.
	client client.Reader
	leases client.Client
}

// NeedLeaderElection has only the leader renew it.
func (f *freshness) NeedLeaderElection() bool { return true }

// Start renews until ctx is done.
func (f *freshness) Start(ctx context.Context) error {
	ticker := time.NewTicker(renewal)
	defer ticker.Stop()
	for {
		if err := f.renew(ctx); err != nil && ctx.Err() == nil {
			log.FromContext(ctx).Error(err, "the fleet's lease is not renewed")
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// renew renews the Lease once, or returns why not.
func (f *freshness) renew(ctx context.Context) error {
	var all cluster.ClusterList
	if err := f.client.List(ctx, &all, client.UnsafeDisableDeepCopy); err != nil {
		return fmt.Errorf("list the clusters: %w", err)
	}
	now := time.Now()
	if late := f.reconciler.late(all.Items, now); late != "" {
		return fmt.Errorf("cluster %s was not checked in time", late)
	}
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	lease := new(coordinationv1.Lease)
	name := types.NamespacedName{Namespace: hub.Namespace, Name: hub.LeaseName}
	err = f.leases.Get(ctx, name, lease)
	missing := apierrors.IsNotFound(err)
	if err != nil && !missing {
		return fmt.Errorf("read the lease: %w", err)
	}
	seconds := int32(hub.LeaseDuration / time.Second)
	lease.Namespace, lease.Name = name.Namespace, name.Name
	lease.Spec.HolderIdentity = &host
	lease.Spec.LeaseDurationSeconds = &seconds
	lease.Spec.RenewTime = &metav1.MicroTime{Time: now}
	if missing {
		err = f.leases.Create(ctx, lease)
	} else {
		err = f.leases.Update(ctx, lease)
	}
	if err != nil {
		return fmt.Errorf("write the lease: %w", err)
	}
	return nil
}
