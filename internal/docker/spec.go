package docker

import (
	_ "embed"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"

	"github.com/kalpana-dev/kalpana/internal/workspace"
)

// seccomp is moby/profiles seccomp v0.2.3, narrowed: without what a capability would be
// needed for (none is given), without socketcall (through which 32-bit programs would get
// around the next rule), and with sockets of the families unix, inet, inet6 and netlink only.
// Engine 20.10's own default lets AF_VSOCK and io_uring through.
//
//go:embed seccomp.json
var seccomp string

// Labels that carry a container's identity.
const (
	labelWorkspace    = "kalpana.workspace"
	labelOwner        = "kalpana.owner"
	labelEpoch        = "kalpana.epoch"
	labelInstallation = "kalpana.installation"
	labelEditorPort   = "kalpana.vscode-port"
	labelBridgePort   = "kalpana.agent-port"
)

// Ports that the bridge listens on in every container.
const (
	editorPort = 8080
	bridgePort = 3001
)

// pidsLimit bounds processes and threads: the editor with a browser attached uses 80.
const pidsLimit = 512

// containerOf is what the engine is told. A pure function, so that every hardening can
// be seen and tested without an engine.
func containerOf(s workspace.ContainerSpec, installation string) client.ContainerCreateOptions {
	labels := map[string]string{
		labelWorkspace: s.WorkspaceID, labelOwner: s.OwnerID, labelInstallation: installation,
		labelEpoch: strconv.FormatInt(s.Epoch, 10), labelEditorPort: strconv.Itoa(s.VSCodePort), labelBridgePort: strconv.Itoa(s.AgentPort),
	}
	env := []string{"KALPANA_KEY_SHA256=" + s.KeySHA256, "KALPANA_WORKSPACE_ID=" + s.WorkspaceID}
	for _, k := range slices.Sorted(maps.Keys(s.Env)) {
		env = append(env, k+"="+s.Env[k])
	}
	editor, bridge := network.MustParsePort(strconv.Itoa(editorPort)+"/tcp"), network.MustParsePort(strconv.Itoa(bridgePort)+"/tcp")
	pids, isInit := int64(pidsLimit), false
	return client.ContainerCreateOptions{
		// A name belongs to one container at a time: two processes cannot both make one of the same start.
		Name: containerName(s.WorkspaceID, s.Epoch),
		Config: &container.Config{
			Image: s.Image, Hostname: s.Hostname, User: "1000:1000", Env: env, Labels: labels,
			ExposedPorts: network.PortSet{editor: {}, bridge: {}},
			// The service asks the bridge itself; Docker's checks cost 90 ms of CPU each.
			Healthcheck: &container.HealthConfig{Test: []string{"NONE"}},
		},
		HostConfig: &container.HostConfig{
			PortBindings:   network.PortMap{editor: loopback(s.VSCodePort), bridge: loopback(s.AgentPort)},
			NetworkMode:    container.NetworkMode(networkName(s.Network)),
			RestartPolicy:  container.RestartPolicy{Name: container.RestartPolicyDisabled}, // the service decides
			ReadonlyRootfs: true,
			CapDrop:        []string{"ALL"},
			SecurityOpt:    []string{"no-new-privileges", "seccomp=" + seccomp},
			IpcMode:        container.IPCModePrivate,
			ShmSize:        64 << 20,
			OomScoreAdj:    500,     // a workspace dies before the gateway
			Init:           &isInit, // the bridge is init
			Tmpfs: map[string]string{
				"/tmp": "rw,exec,nosuid,nodev,size=512m,mode=1777", // without the word exec Docker adds noexec
				"/run": "rw,noexec,nosuid,nodev,size=16m,mode=755,uid=1000,gid=1000",
			},
			Mounts:    mountsOf(s, installation),
			LogConfig: container.LogConfig{Type: "json-file", Config: map[string]string{"max-size": "5m", "max-file": "2"}},
			Resources: container.Resources{
				Memory: s.Memory, MemorySwap: s.Memory, NanoCPUs: s.CPU, PidsLimit: &pids,
				Ulimits: []*container.Ulimit{{Name: "core", Soft: 0, Hard: 0}},
			},
		},
	}
}

func loopback(port int) []network.PortBinding {
	return []network.PortBinding{{HostIP: netip.AddrFrom4([4]byte{127, 0, 0, 1}), HostPort: strconv.Itoa(port)}}
}

// volumes are what outlives the container: by the last part of their name, where they go.
var volumes = map[string]string{
	"home":      "/home/coder",
	"workspace": "/workspace",
	"nix":       "/nix", // the root is read-only, and Nix keeps its store where it is told
}

// volumesOf are the names of a workspace's volumes, in order.
func volumesOf(workspaceID string) (names []string) {
	for _, v := range slices.Sorted(maps.Keys(volumes)) {
		names = append(names, "kalpana-"+workspaceID+"-"+v)
	}
	return names
}

// volumeLabels mark a volume as a workspace's.
func volumeLabels(s workspace.ContainerSpec, installation string) map[string]string {
	return map[string]string{labelWorkspace: s.WorkspaceID, labelOwner: s.OwnerID, labelInstallation: installation}
}

func mountsOf(s workspace.ContainerSpec, installation string) (mounts []mount.Mount) {
	for _, name := range volumesOf(s.WorkspaceID) {
		mounts = append(mounts, mount.Mount{
			Type: mount.TypeVolume, Source: name, Target: volumes[name[strings.LastIndexByte(name, '-')+1:]],
			// A plain volume begins as a copy of what the image has there; a shared store has it already.
			VolumeOptions: &mount.VolumeOptions{Labels: volumeLabels(s, installation), NoCopy: s.NixStore != "" && name == nixVolume(s.WorkspaceID)},
		})
	}
	return mounts
}

func containerName(id string, epoch int64) string {
	return "kalpana-" + id + "-" + strconv.FormatInt(epoch, 10)
}

func networkName(number int) string { return "kalpana" + strconv.Itoa(number) }

// networkBridge names a network's Linux bridge; package hostnet's firewall rules match kal+.
func networkBridge(number int) string { return "kal" + strconv.Itoa(number) }
