package uistream

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
)

// append writes v without spaces.
func (v *value) append(out []byte) []byte {
	switch v.kind {
	case '{':
		out = append(out, '{')
		for n, i := range v.order() {
			if n > 0 {
				out = append(out, ',')
			}
			out = append(out, v.keys[i]...)
			out = append(out, ':')
			out = v.items[i].append(out)
		}
		return append(out, '}')
	case '[':
		out = append(out, '[')
		for i := range v.items {
			if i > 0 {
				out = append(out, ',')
			}
			out = v.items[i].append(out)
		}
		return append(out, ']')
	}
	return append(out, v.scalar...)
}

// order is the order of an object's keys in JavaScript: array indexes by number, then the
// others as they came.
func (v *value) order() []int {
	order := make([]int, len(v.keys))
	indexes := false
	for i, key := range v.keys {
		order[i] = i
		_, is := arrayIndex(key)
		indexes = indexes || is
	}
	if indexes {
		slices.SortStableFunc(order, func(a, b int) int {
			ia, isA := arrayIndex(v.keys[a])
			ib, isB := arrayIndex(v.keys[b])
			switch {
			case isA && isB:
				return int(ia - ib)
			case isA:
				return -1
			case isB:
				return 1
			}
			return 0
		})
	}
	return order
}

// arrayIndex is the number of a key that is an array index (ECMA-262, 6.1.7).
func arrayIndex(key string) (int64, bool) {
	text := key[1 : len(key)-1]
	if text == "" || text[0] < '0' || text[0] > '9' || text[0] == '0' && len(text) > 1 {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n < math.MaxUint32
}

// mergeObjects is the SDK's deep merge of metadata: objects are merged, all else replaced.
// Both are objects, cleaned by Value; a nil base is none.
func mergeObjects(base, over json.RawMessage) json.RawMessage {
	if base == nil {
		return over
	}
	b, errB := parse(base, true)
	o, errO := parse(over, true)
	if errB != nil || errO != nil {
		return over
	}
	merged := merge(b, o)
	return merged.append(nil)
}

func merge(base, over value) value {
	out := value{kind: '{'}
	for i, key := range base.keys {
		out.set(key, base.items[i])
	}
	for i, key := range over.keys {
		if key == `"constructor"` || key == `"prototype"` {
			continue
		}
		item := over.items[i]
		if old, ok := base.get(key); ok && old.kind == '{' && item.kind == '{' {
			item = merge(old, item)
		}
		out.set(key, item)
	}
	return out
}
