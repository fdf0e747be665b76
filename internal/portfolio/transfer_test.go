package portfolio_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"domaind/internal/portfolio"
)

// TestAuthCodeHidesItself: however a request is printed, logged or encoded, its code
// does not come along.
func TestAuthCodeHidesItself(t *testing.T) {
	const code = "xj#fjfj\"vhc293"
	request := portfolio.TransferRequest{RegistrantID: 3, AuthCode: code}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%c", "%10v", "%-40s", "%!"} {
		for what, value := range map[string]any{
			"code": request.AuthCode, "pointer": &request.AuthCode, "request": request, "pointer to one": &request,
			"list": []portfolio.AuthCode{code}, "map": map[portfolio.AuthCode]portfolio.AuthCode{code: code},
		} {
			got := fmt.Sprintf(verb, value)
			if strings.Contains(got, "vhc293") || strings.Contains(got, fmt.Sprintf("%x", "vhc293")) || strings.Contains(got, fmt.Sprintf("%X", "vhc293")) {
				t.Errorf("%s of the %s: %s", verb, what, got)
			}
		}
	}
	if got := fmt.Sprint(portfolio.AuthCode(code)); got != "[authorization code]" {
		t.Errorf("printed as %q", got)
	}

	for _, value := range []any{request, &request, request.AuthCode, []any{request.AuthCode}} {
		if b, err := json.Marshal(value); !errors.Is(err, portfolio.ErrAuthCode) {
			t.Errorf("marshalled to %s (%v)", b, err)
		}
	}
	if _, err := json.Marshal(portfolio.TransferRequest{RegistrantID: 3}); err != nil {
		t.Errorf("a request without a code: %v", err)
	}

	var out bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(handler).Info("transfer", "code", request.AuthCode, "request", request)
	}
	if strings.Contains(out.String(), "vhc293") || !strings.Contains(out.String(), "[authorization code]") {
		t.Errorf("logged as %s", out.String())
	}
}

func TestNoAuthCodeIsNothing(t *testing.T) {
	if got := portfolio.AuthCode("").String(); got != "" {
		t.Errorf("printed as %q", got)
	}
}
