package events

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const anyPort = "127.0.0.1:0"

func TestSeeds(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state", "nats")
	startServer(t, dir, "")
	for path, want := range map[string]fs.FileMode{
		dir:                       fs.ModeDir | 0o700,
		SeedFile(dir, Operator):   0o600,
		SeedFile(dir, Subscriber): 0o600,
	} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != want {
			t.Errorf("%s has mode %v, want %v", path, info.Mode(), want)
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, ".seed-*"))
	if err != nil || len(files) != 0 {
		t.Errorf("left behind: %v %v", files, err)
	}
}

func TestSeedsStay(t *testing.T) {
	dir := storeDir(t)
	s := startServer(t, dir, "")
	before, err := os.ReadFile(SeedFile(dir, Operator))
	if err != nil {
		t.Fatal(err)
	}
	shutdown(t, s)
	startServer(t, dir, "")
	after, err := os.ReadFile(SeedFile(dir, Operator))
	if err != nil {
		t.Fatal(err)
	}
	if string(before) != string(after) {
		t.Error("a restart made another seed")
	}
}

func TestSeedsAreRefused(t *testing.T) {
	const foreign = "SAAHPQF3GOP4IP5SHKHCNBOHD5TMGSW4QQL6RTZAPEEYOQ2NRBIAKCCLQA" // of an account, not of a user
	for name, tt := range map[string]struct {
		spoil func(t *testing.T, dir string) error
		want  string
	}{
		"open folder":   {func(_ *testing.T, dir string) error { return os.Chmod(dir, 0o750) }, "chmod 700"},
		"readable seed": {func(_ *testing.T, dir string) error { return os.Chmod(SeedFile(dir, Operator), 0o640) }, "chmod 600"},
		"garbage": {func(_ *testing.T, dir string) error {
			return os.WriteFile(SeedFile(dir, Subscriber), []byte("hello"), 0o600)
		}, "is no seed"},
		"empty": {func(_ *testing.T, dir string) error {
			return os.WriteFile(SeedFile(dir, Subscriber), nil, 0o600)
		}, "is no seed"},
		"huge": {func(_ *testing.T, dir string) error {
			return os.WriteFile(SeedFile(dir, Subscriber), make([]byte, 10_000), 0o600)
		}, "is no seed"},
		"not a user's": {func(_ *testing.T, dir string) error {
			return os.WriteFile(SeedFile(dir, Operator), []byte(foreign), 0o600)
		}, "is no seed"},
		"a link": {func(t *testing.T, dir string) error {
			t.Helper()
			target := filepath.Join(t.TempDir(), "seed")
			return errors.Join(os.Rename(SeedFile(dir, Operator), target), os.Symlink(target, SeedFile(dir, Operator)))
		}, "no regular file"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := storeDir(t)
			for _, u := range []User{Operator, Subscriber} {
				if _, err := userKey(dir, u); err != nil {
					t.Fatal(err)
				}
			}
			if err := tt.spoil(t, dir); err != nil {
				t.Fatal(err)
			}
			s, err := StartServer(t.Context(), ServerOptions{Dir: dir, Instance: "main"})
			if err == nil {
				shutdown(t, s)
			}
			if !errors.Is(err, ErrSeed) || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), dir) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

func TestNobodyWithoutASeed(t *testing.T) {
	s := startServer(t, storeDir(t), anyPort)
	for name, opts := range map[string][]nats.Option{
		"anonymous": nil,
		"password":  {nats.UserInfo("operator", "operator")},
		"token":     {nats.Token("operator")},
		"a key of the operator without its seed": {nats.Nkey(publicKey(t, s, Operator), func([]byte) ([]byte, error) {
			return make([]byte, 64), nil
		})},
		"signed by the subscriber": {nats.Nkey(publicKey(t, s, Operator), s.keys[Subscriber].Sign)},
	} {
		nc, err := nats.Connect(s.ClientURL(), append(opts, clientOptions(name)...)...)
		if err == nil {
			nc.Close()
			t.Errorf("%s: connected", name)
		} else if !errors.Is(err, nats.ErrAuthorization) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func publicKey(t *testing.T, s *Server, user User) string {
	t.Helper()
	key, err := s.keys[user].PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestSubscriberOnlyReads(t *testing.T) {
	s := startServer(t, storeDir(t), "")
	o := newOutbox()
	o.add(row(1, 3)...)
	drain(t, newRelay(o, operatorOf(s), nil))
	nc := connect(t, s, Subscriber)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}

	stream, err := js.Stream(t.Context(), "DOMAIND_main")
	if err != nil {
		t.Fatalf("the subscriber may look at the stream: %v", err)
	}
	if _, err := stream.GetMsg(t.Context(), 1); err != nil {
		t.Errorf("the subscriber may read a message: %v", err)
	}
	ordered, err := js.OrderedConsumer(t.Context(), "DOMAIND_main", jetstream.OrderedConsumerConfig{})
	if err != nil {
		t.Fatalf("the subscriber may have an ordered consumer: %v", err)
	}
	if m, err := ordered.Next(); err != nil || m.Headers().Get(jetstream.MsgIDHeader) != uuid+"-1" {
		t.Errorf("the subscriber may consume: %v", err)
	}

	for name, try := range map[string]func(ctx context.Context) error{
		"publish": func(ctx context.Context) error {
			_, err := js.Publish(ctx, "domaind.main.alert._.daemon.started", nil)
			return err
		},
		"publish on another instance": func(ctx context.Context) error {
			_, err := js.Publish(ctx, "domaind.other.alert._.daemon.started", nil)
			return err
		},
		"delete":           func(ctx context.Context) error { return js.DeleteStream(ctx, "DOMAIND_main") },
		"purge":            func(ctx context.Context) error { return stream.Purge(ctx) },
		"delete a message": func(ctx context.Context) error { return stream.DeleteMsg(ctx, 1) },
		"change": func(ctx context.Context) error {
			cfg := stream.CachedInfo().Config
			cfg.MaxMsgs = 1
			_, err := js.UpdateStream(ctx, cfg)
			return err
		},
		"a stream of its own": func(ctx context.Context) error {
			_, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: "OWN", Subjects: []string{"own"}})
			return err
		},
		"a mirror of the stream": func(ctx context.Context) error {
			_, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: "COPY", Mirror: &jetstream.StreamSource{Name: "DOMAIND_main"}})
			return err
		},
		"delete a consumer": func(ctx context.Context) error {
			return js.DeleteConsumer(ctx, "DOMAIND_main", ordered.CachedInfo().Name)
		},
		"restore": func(ctx context.Context) error {
			_, err := nc.RequestWithContext(ctx, "$JS.API.STREAM.RESTORE.DOMAIND_main", []byte("{}"))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			if try(ctx) == nil {
				t.Error("it was permitted")
			}
		})
	}
	wantTexts(t, s, texts(1, 3)...)
}

// A push consumer publishes on behalf of whoever made it: its subject must not be
// a way around the permissions.
func TestSubscriberCannotPublishThroughAConsumer(t *testing.T) {
	s := startServer(t, storeDir(t), "")
	o := newOutbox()
	o.add(row(1, 3)...)
	drain(t, newRelay(o, operatorOf(s), nil))
	nc := connect(t, s, Subscriber)
	for name, subject := range map[string]string{
		"purge":   "$JS.API.STREAM.PURGE.DOMAIND_main",
		"delete":  "$JS.API.STREAM.DELETE.DOMAIND_main",
		"publish": "domaind.main.alert._.daemon.started",
	} {
		body, err := json.Marshal(map[string]any{
			"stream_name": "DOMAIND_main",
			"config":      map[string]any{"deliver_subject": subject, "deliver_policy": "all", "ack_policy": "none", "name": name},
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		reply, err := nc.RequestWithContext(ctx, "$JS.API.CONSUMER.CREATE.DOMAIND_main."+name, body)
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %s", subject, reply.Data)
	}
	o.add(event(4))
	drain(t, newRelay(o, operatorOf(s), nil))
	js := newJS(t, connect(t, s, Operator))
	for _, name := range []string{"purge", "delete"} {
		consumer, err := js.PushConsumer(t.Context(), "DOMAIND_main", name)
		if err != nil {
			t.Fatal(err)
		}
		if n := consumer.CachedInfo().Delivered.Consumer; n != 0 {
			t.Errorf("%s: %d messages went to JetStream's API", name, n)
		}
	}
	wantTexts(t, s, texts(1, 4)...)
}

func TestSubscriberHearsOnlyTheFeed(t *testing.T) {
	s := startServer(t, storeDir(t), "")
	errs := make(chan error, 10)
	nc, err := nats.Connect("", nats.InProcessServer(s.ns), nats.Nkey(publicKey(t, s, Subscriber), s.keys[Subscriber].Sign),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { errs <- err }))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	for _, subject := range []string{">", "$JS.>", inbox(Operator) + ".>", "other.>"} {
		if _, err := nc.SubscribeSync(subject); err != nil {
			t.Fatal(err)
		}
		if err := nc.Flush(); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-errs:
			if !errors.Is(err, nats.ErrPermissionViolation) {
				t.Errorf("%s: %v", subject, err)
			}
		case <-time.After(5 * time.Second):
			t.Errorf("%s may be listened to", subject)
		}
	}
	if _, err := nc.SubscribeSync("domaind.main.alert.>"); err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	if len(errs) != 0 {
		t.Errorf("the feed may not be listened to: %v", <-errs)
	}
}

func TestListenInUse(t *testing.T) {
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", anyPort)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}()
	s, err := StartServer(t.Context(), ServerOptions{Dir: storeDir(t), Listen: l.Addr().String(), Instance: "main"})
	if err == nil {
		shutdown(t, s)
	}
	if !errors.Is(err, ErrServer) || !strings.Contains(err.Error(), l.Addr().String()) || !strings.Contains(err.Error(), "[nats] listen") {
		t.Errorf("error %v", err)
	}
}

func TestServerRefusesOptions(t *testing.T) {
	for name, o := range map[string]ServerOptions{
		"no port":      {Listen: "127.0.0.1", Instance: "main"},
		"port by name": {Listen: "127.0.0.1:nats", Instance: "main"},
		"large port":   {Listen: "127.0.0.1:70000", Instance: "main"},
		"instance":     {Instance: "*"},
	} {
		o.Dir = storeDir(t)
		s, err := StartServer(t.Context(), o)
		if err == nil {
			shutdown(t, s)
		}
		if !errors.Is(err, ErrServer) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestStoreThatCannotBeWritten(t *testing.T) {
	dir := storeDir(t)
	if err := os.WriteFile(filepath.Join(dir, "jetstream"), []byte("a file where a folder should be"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := StartServer(t.Context(), ServerOptions{Dir: dir, Instance: "main"})
	if err == nil {
		shutdown(t, s)
	}
	if !errors.Is(err, ErrServer) || !strings.Contains(err.Error(), dir) {
		t.Errorf("error %v", err)
	}
	if _, err := StartServer(t.Context(), ServerOptions{Dir: filepath.Join(dir, "jetstream", "nats"), Instance: "main"}); err == nil {
		t.Error("a folder within a file")
	}
}

func TestStartIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := StartServer(ctx, ServerOptions{Dir: storeDir(t), Instance: "main"}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestServerOptions(t *testing.T) {
	s := startServer(t, storeDir(t), "")
	if s.ClientURL() != "" || s.ns.Addr() != nil {
		t.Errorf("it listens on %v", s.ns.Addr())
	}
	if s.ns.MonitorAddr() != nil || s.ns.ClusterAddr() != nil {
		t.Error("it listens for more than clients")
	}
	if !s.ns.JetStreamConfig().SyncAlways {
		t.Error("JetStream does not sync every write")
	}
	if _, err := s.Connect("nobody"); !errors.Is(err, ErrServer) {
		t.Errorf("error %v", err)
	}
}

func TestShutdownIsBounded(t *testing.T) {
	s := startServer(t, storeDir(t), anyPort)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Shutdown(ctx); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	shutdown(t, s) // and once more, to its end
	if _, err := s.Connect(Operator); err == nil {
		t.Error("connected to a server that is gone")
	}
}

func TestServerLog(t *testing.T) {
	var log testLog
	l := newServerLog(log.logger())
	l.Noticef("quiet %d", 1)
	l.Warnf("warning %d", 2)
	l.Errorf("error %d", 3)
	l.Fatalf("first %d", 4)
	l.Fatalf("second %d", 5)
	if log.count("quiet") != 0 || log.count("level=WARN") != 2 {
		t.Errorf("logged: %s", log.b.String())
	}
	if l.fatal() != "first 4" {
		t.Errorf("fatal: %s", l.fatal())
	}
}

func TestDial(t *testing.T) {
	dir := storeDir(t)
	s := startServer(t, dir, anyPort)
	for _, u := range []User{Operator, Subscriber} {
		nc, err := Dial(t.Context(), DialOptions{URLs: []string{"nats://127.0.0.1:1", s.ClientURL()}, SeedFile: SeedFile(dir, u), Name: "a test"})
		if err != nil {
			t.Fatal(err)
		}
		if nc.Opts.MaxReconnect != -1 || nc.Opts.PingInterval != 20*time.Second || nc.Opts.ReconnectBufSize != -1 {
			t.Errorf("options %+v", nc.Opts)
		}
		nc.Close()
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, tt := range map[string]struct {
		ctx  context.Context
		o    DialOptions
		want error
	}{
		"anonymous":     {t.Context(), DialOptions{URLs: []string{s.ClientURL()}}, nats.ErrAuthorization},
		"no seed there": {t.Context(), DialOptions{URLs: []string{s.ClientURL()}, SeedFile: dir + "/none"}, fs.ErrNotExist},
		"no creds":      {t.Context(), DialOptions{URLs: []string{s.ClientURL()}, CredsFile: dir + "/none"}, ErrDial},
		"both":          {t.Context(), DialOptions{URLs: []string{s.ClientURL()}, SeedFile: "a", CredsFile: "b"}, ErrDial},
		"no URL":        {t.Context(), DialOptions{}, ErrDial},
		"no URL at all": {t.Context(), DialOptions{URLs: []string{"http://\x00"}}, ErrDial},
		"nobody there":  {t.Context(), DialOptions{URLs: []string{"nats://127.0.0.1:1"}}, nats.ErrNoServers},
		"cancelled":     {canceled, DialOptions{URLs: []string{s.ClientURL()}}, context.Canceled},
	} {
		nc, err := Dial(tt.ctx, tt.o)
		if nc != nil {
			nc.Close()
		}
		if !errors.Is(err, tt.want) || !errors.Is(err, ErrDial) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The whole way over TCP, as with a NATS of one's own.
func TestRelayOverTCP(t *testing.T) {
	dir := storeDir(t)
	s := startServer(t, dir, anyPort)
	o := newOutbox()
	o.add(row(1, 5)...)
	drain(t, newRelay(o, func(ctx context.Context) (*nats.Conn, error) {
		return Dial(ctx, DialOptions{URLs: []string{s.ClientURL()}, SeedFile: SeedFile(dir, Operator)})
	}, nil))
	wantTexts(t, s, texts(1, 5)...)
}

// The relay with a user who may do nothing with the stream says so, and keeps the
// events.
func TestRelayWithoutPermission(t *testing.T) {
	s := startServer(t, storeDir(t), "")
	if _, err := ensureStream(t.Context(), newJS(t, connect(t, s, Operator)), "main"); err != nil {
		t.Fatal(err)
	}
	o := newOutbox()
	o.add(event(1))
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	r := newRelay(o, func(context.Context) (*nats.Conn, error) { return s.Connect(Subscriber) }, nil)
	if err := r.Drain(ctx); !errors.Is(err, nats.ErrPermissionViolation) {
		t.Errorf("error %v", err)
	}
	if o.deliveredUpTo() != 0 || len(o.aside) != 0 {
		t.Error("the event is lost")
	}
}
