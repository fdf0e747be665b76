package control

import (
	"encoding/json"
	"iter"
	"net/http"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// Ledger gives the rows of the ledger, newest first.
type Ledger interface {
	Operations() iter.Seq2[portfolio.Operation, error]
}

// Options are what the handler answers from.
type Options struct {
	Scanner  Scanner
	Assessor Assessor
	Ledger   Ledger
	Policy   func() *rules.Policy
	Now      func() time.Time
}

type handler struct{ Options }

// New makes the handler.
func New(o Options) http.Handler {
	h := &handler{o}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/plan", h.plan)
	mux.HandleFunc("GET /v1/ledger", h.ledger)
	return mux
}

// Row is one operation of the ledger, as programs read it.
type Row struct {
	Op        string                   `json:"op"`
	Account   int64                    `json:"account"`
	Kind      portfolio.OperationKind  `json:"kind"`
	ID        int64                    `json:"id"`
	Name      string                   `json:"name"`
	Rule      string                   `json:"rule"`
	State     portfolio.OperationState `json:"state"`
	Price     portfolio.Money          `json:"price"`
	Reserved  portfolio.Money          `json:"reserved"`
	Sent      int                      `json:"sent"`
	Attention bool                     `json:"attention"`
	By        string                   `json:"by"`
	History   []portfolio.Step         `json:"history"`

	Attempt   int               `json:"attempt"`
	CreatedAt time.Time         `json:"created_at"`
	Labels    map[string]string `json:"labels,omitempty"`
}

func (h *handler) ledger(w http.ResponseWriter, _ *http.Request) {
	rows := []Row{}
	for op, err := range h.Ledger.Operations() {
		if err != nil {
			fail(w, http.StatusInternalServerError, err)
			return
		}
		rows = append(rows, Row{
			Op: op.ShortID(), Account: op.AccountID, Kind: op.Kind, ID: op.SubjectID, Name: op.Name, Rule: op.Rule,
			State: op.State, Price: op.Price(), Reserved: op.Reserved, Sent: op.Sent, Attention: op.Attention, By: op.By,
			History: op.History, Attempt: op.Attempt, CreatedAt: op.CreatedAt, Labels: op.Labels,
		})
	}
	answer(w, rows)
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // the asker is gone: there is nobody to tell
}

func fail(w http.ResponseWriter, status int, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": err.Error()}) // as above
}
