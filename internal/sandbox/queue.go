package sandbox

import "time"

// event is something that will happen at a time by itself.
type event struct {
	at   time.Time
	seq  int // orders events of one instant as they were scheduled
	fire func()
}

func (e event) before(other event) bool {
	if e.at.Equal(other.at) {
		return e.seq < other.seq
	}
	return e.at.Before(other.at)
}

// queue holds what is to come, as a binary heap.
type queue struct {
	heap []event
	seq  int
}

func (q *queue) push(at time.Time, fire func()) {
	q.seq++
	q.heap = append(q.heap, event{at: at, seq: q.seq, fire: fire})
	for i := len(q.heap) - 1; i > 0; {
		parent := (i - 1) / 2
		if !q.heap[i].before(q.heap[parent]) {
			return
		}
		q.heap[i], q.heap[parent] = q.heap[parent], q.heap[i]
		i = parent
	}
}

// pop takes the earliest event, if it is due.
func (q *queue) pop(now time.Time) (event, bool) {
	if len(q.heap) == 0 || q.heap[0].at.After(now) {
		return event{}, false
	}
	first, last := q.heap[0], len(q.heap)-1
	q.heap[0], q.heap[last] = q.heap[last], event{}
	q.heap = q.heap[:last]
	for i := 0; ; {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(q.heap); child++ {
			if q.heap[child].before(q.heap[least]) {
				least = child
			}
		}
		if least == i {
			return first, true
		}
		q.heap[i], q.heap[least] = q.heap[least], q.heap[i]
		i = least
	}
}
