package event

import "reflect"

// filled returns the payload with nil slices and maps made empty, so that an
// array of the schema never goes out as null.
func filled(p Payload) Payload {
	v := reflect.New(reflect.TypeOf(p)).Elem()
	v.Set(reflect.ValueOf(p))
	fill(v)
	return v.Interface().(Payload)
}

func fill(v reflect.Value) {
	for i := range v.NumField() {
		f := v.Field(i)
		switch f.Kind() {
		case reflect.Slice:
			if f.IsNil() {
				f.Set(reflect.MakeSlice(f.Type(), 0, 0))
			}
		case reflect.Map:
			if f.IsNil() {
				f.Set(reflect.MakeMap(f.Type()))
			}
		case reflect.Struct:
			fill(f)
		case reflect.Pointer:
			if !f.IsNil() && f.Elem().Kind() == reflect.Struct {
				c := reflect.New(f.Elem().Type())
				c.Elem().Set(f.Elem())
				fill(c.Elem())
				f.Set(c)
			}
		}
	}
}
