/* See type_json.h. What is not said is left out, or null where it stands for
 * "none". */
#include "type_json.h"

#include "words.h"

static void
text_if(struct jwrite *w, const char *key, const char *s)
{
	if (s != NULL)
		jw_text(w, key, s);
}

static void
uint_if(struct jwrite *w, const char *key, uint64_t u)
{
	if (u != 0)
		jw_uint(w, key, u);
}

static void
place(struct jwrite *w, enum reg_table table, unsigned addr)
{
	jw_text(w, "table", word_table(table));
	jw_uint(w, "addr", addr);
}

static void
texts(struct jwrite *w, const char *key, const char *const *s, size_t n)
{
	if (n == 0)
		return;
	jw_array(w, key);
	for (size_t i = 0; i < n; i++)
		jw_text(w, NULL, s[i]);
	jw_array_end(w);
}

static void
words(struct jwrite *w, const char *key, const uint16_t *word, size_t n)
{
	if (n == 0)
		return;
	jw_array(w, key);
	for (size_t i = 0; i < n; i++)
		jw_uint(w, NULL, word[i]);
	jw_array_end(w);
}

/* ---- a point ---- */

static void
json_place(struct jwrite *w, const struct point_type *p)
{
	place(w, p->table, p->addr);
	jw_uint(w, "count", p->count);
	jw_text(w, "type", word_type(p->type));
	if (*order_word(p) != '\0')
		jw_text(w, "order", order_word(p));
	uint_if(w, "mask", p->mask);
	uint_if(w, "shift", p->shift);
	jw_real(w, "mul", p->mul);
	jw_real(w, "div", p->div);
	jw_real(w, "offset", p->offset);
	if (p->nno_data > 0) {
		jw_array(w, "no_data");
		for (size_t i = 0; i < p->nno_data && i < NO_DATA_MAX; i++)
			jw_uint(w, NULL, p->no_data[i]);
		jw_array_end(w);
	}
	words(w, "on", p->on_words, p->non_words);
}

static void
json_choices(struct jwrite *w, const struct point_type *p)
{
	if (p->nchoices == 0)
		return;
	jw_array(w, "enum");
	for (size_t i = 0; i < p->nchoices; i++) {
		jw_object(w, NULL);
		jw_int(w, "value", p->choices[i].value);
		jw_text(w, "name", p->choices[i].name);
		jw_object_end(w);
	}
	jw_array_end(w);
}

static void
json_curve(struct jwrite *w, const struct curve *c)
{
	if (c->kind == CURVE_NONE)
		return;
	jw_array(w, c->kind == CURVE_TABLE ? "curve_table" : "polynomial");
	for (size_t i = 0; i < c->n; i++)
		jw_real(w, NULL, c->numbers[i]);
	jw_array_end(w);
}

/* Names of the points that a formula takes. */
static void
json_inputs(struct jwrite *w, const char *key, const struct device_type *t,
    const struct formula *f)
{
	if (f == NULL)
		return;
	jw_array(w, key);
	for (size_t i = 0; i < f->ninputs && i < FORMULA_INPUTS; i++)
		jw_text(w, NULL,
		    f->inputs[i] < t->npoints ? t->points[f->inputs[i]].name
					      : NULL);
	jw_array_end(w);
}

static void
json_timer(struct jwrite *w, const struct output_timer *timer)
{
	if (timer->nwords == 0)
		return;
	jw_object(w, "timer");
	place(w, timer->table, timer->addr);
	words(w, "words", timer->words, timer->nwords);
	jw_uint(w, "time_at", timer->time_at);
	jw_uint(w, "step_ms", timer->step_ms);
	jw_uint(w, "longest_ms", timer->longest_ms);
	jw_object_end(w);
}

static void
json_writing(
    struct jwrite *w, const struct device_type *t, const struct point_type *p)
{
	jw_bool(w, "writable", p->writable);
	if (p->write_only)
		jw_bool(w, "write_only", true);
	uint_if(w, "function", p->function);
	if (p->has_words) {
		jw_uint(w, "on_word", p->on_word);
		jw_uint(w, "off_word", p->off_word);
	}
	if (p->kind != KIND_OUTPUT)
		return;
	jw_text(w, "safe", p->safe ? "on" : "off");
	jw_uint(w, "max_on_ms", p->max_on_ms);
	if (p->confirm >= 0 && (size_t)p->confirm < t->npoints)
		jw_text(w, "confirm", t->points[p->confirm].name);
	uint_if(w, "settle_ms", p->settle_ms);
	json_timer(w, &p->timer);
	if (p->pulse_ms > 0) {
		jw_uint(w, "pulse_ms", p->pulse_ms);
		jw_uint(w, "close", p->close_addr);
	}
}

static void
json_point(
    struct jwrite *w, const struct device_type *t, const struct point_type *p)
{
	jw_object(w, NULL);
	jw_text(w, "name", p->name);
	jw_text(w, "kind", word_kind(p->kind));
	text_if(w, "unit", p->unit);
	text_if(w, "help", p->help);
	if (p->formula == NULL)
		json_place(w, p);
	else
		jw_text(w, "formula", p->formula_text);
	json_inputs(w, "inputs", t, p->formula);
	json_curve(w, &p->curve);
	json_choices(w, p);
	if (p->has_range) {
		jw_array(w, "range");
		jw_real(w, NULL, p->min);
		jw_real(w, NULL, p->max);
		jw_array_end(w);
	}
	json_inputs(w, "frozen_by", t, p->frozen);
	uint_if(w, "stuck_ms", p->stuck_ms);
	if (p->accumulate)
		jw_bool(w, "accumulate", true);
	if (p->wraps_at > 0)
		jw_real(w, "wraps_at", p->wraps_at);
	uint_if(w, "every_ms", p->every_ms);
	json_writing(w, t, p);
	jw_object_end(w);
}

/* ---- the device ---- */

static void
json_register(struct jwrite *w, const char *key,
    const struct choice_register *r, bool parity)
{
	if (!r->present)
		return;
	jw_object(w, key);
	jw_uint(w, "holding", r->addr);
	jw_uint(w, "function", r->function);
	if (r->nwords == 0) {
		jw_uint(w, "least", r->least);
		jw_uint(w, "most", r->most);
	} else {
		jw_array(w, "values");
		for (size_t i = 0; i < r->nwords; i++) {
			jw_object(w, NULL);
			if (parity)
				jw_text(
				    w, "means", word_parity(r->words[i].means));
			else
				jw_uint(w, "means", r->words[i].means);
			jw_uint(w, "word", r->words[i].word);
			jw_object_end(w);
		}
		jw_array_end(w);
	}
	jw_object_end(w);
}

static void
json_commission(struct jwrite *w, const struct commissioning *c)
{
	jw_object(w, "commission");
	uint_if(w, "universal", c->universal);
	json_register(w, "unit", &c->unit, false);
	json_register(w, "baud", &c->baud, false);
	json_register(w, "parity", &c->parity, true);
	if (c->has_save) {
		jw_object(w, "save");
		jw_uint(w, "holding", c->save_addr);
		jw_uint(w, "value", c->save_word);
		jw_object_end(w);
	}
	text_if(w, "then", c->then);
	jw_object_end(w);
}

static void
json_setup(struct jwrite *w, const struct device_type *t)
{
	jw_array(w, "setup");
	for (size_t i = 0; i < t->nsetup; i++) {
		jw_object(w, NULL);
		place(w, t->setup[i].table, t->setup[i].addr);
		jw_uint(w, "value", t->setup[i].value);
		jw_object_end(w);
	}
	jw_array_end(w);
	if (!t->watchdog.present)
		return;
	jw_object(w, "watchdog");
	jw_uint(w, "holding", t->watchdog.addr);
	jw_uint(w, "step_ms", t->watchdog.step_ms);
	jw_uint(w, "time_ms", t->watchdog.time_ms);
	jw_object_end(w);
}

static void
json_never(struct jwrite *w, const struct device_type *t)
{
	jw_array(w, "never");
	for (size_t i = 0; i < t->nnever; i++) {
		jw_object(w, NULL);
		place(w, t->never[i].table, t->never[i].addr);
		jw_uint(w, "count", t->never[i].count);
		text_if(w, "why", t->never[i].why);
		jw_object_end(w);
	}
	jw_array_end(w);
}

static void
json_identity(struct jwrite *w, const struct device_type *t)
{
	jw_array(w, "identify");
	for (size_t i = 0; i < t->nidentity; i++) {
		const struct identity *d = &t->identity[i];

		jw_object(w, NULL);
		place(w, d->table, d->addr);
		if (d->lacks) {
			jw_bool(w, "lacks", true);
		} else {
			jw_uint(w, "mask", d->mask);
			jw_uint(w, "least", d->least);
			jw_uint(w, "most", d->most);
		}
		jw_object_end(w);
	}
	jw_array_end(w);
}

static void
json_frame(struct jwrite *w, const char *key, const uint8_t *bytes, size_t n)
{
	static const char digits[] = "0123456789ABCDEF";
	char hex[2 * 260 + 1] = "";

	for (size_t i = 0; i < n && 2 * i + 2 < sizeof(hex); i++) {
		hex[2 * i] = digits[bytes[i] >> 4];
		hex[2 * i + 1] = digits[bytes[i] & 0xF];
		hex[2 * i + 2] = '\0';
	}
	jw_text(w, key, hex);
}

static void
json_example(
    struct jwrite *w, const struct device_type *t, const struct example *e)
{
	jw_object(w, NULL);
	jw_text(w, "from", e->from);
	jw_uint(w, "line", e->line);
	jw_array(w, "frames");
	for (size_t i = 0; i < e->nframes; i++) {
		jw_object(w, NULL);
		json_frame(
		    w, "request", e->frames[i].request, e->frames[i].nrequest);
		json_frame(
		    w, "answer", e->frames[i].answer, e->frames[i].nanswer);
		jw_object_end(w);
	}
	jw_array_end(w);
	jw_object(w, "readings");
	for (size_t i = 0; i < e->nreadings; i++)
		if (e->readings[i].point < t->npoints)
			jw_text(w, t->points[e->readings[i].point].name,
			    e->readings[i].text);
	jw_object_end(w);
	jw_object_end(w);
}

static void
json_head(struct jwrite *w, const struct device_type *t, const char *path)
{
	jw_text(w, "profile", t->name);
	text_if(w, "variant", t->variant);
	texts(w, "variants", t->variants, t->nvariants);
	jw_text(w, "maker", t->maker);
	jw_text(w, "model", t->model);
	jw_text(w, "source", t->source);
	jw_text(w, "status", word_status(t->status));
	texts(w, "checks", t->checks, t->nchecks);
	text_if(w, "wiring", t->wiring);
	text_if(w, "notes", t->notes);
	jw_text(w, "file", path);
	jw_object(w, "serial");
	if (t->baud != 0) {
		jw_uint(w, "baud", t->baud);
		jw_text(w, "parity", word_parity(t->parity));
		uint_if(w, "stop_bits", t->stop_bits);
	}
	uint_if(w, "unit", t->unit);
	jw_object_end(w);
	jw_object(w, "limits");
	jw_uint(w, "registers_per_read", t->registers_per_read);
	jw_uint(w, "coils_per_read", t->coils_per_read);
	jw_uint(w, "bridge_gaps", t->bridge_gaps);
	jw_uint(w, "quiet_ms", t->quiet_ms);
	jw_uint(w, "warm_up_ms", t->warm_up_ms);
	jw_object_end(w);
}

void
type_json(struct jwrite *w, const char *key, const struct device_type *t,
    const char *path)
{
	jw_object(w, key);
	json_head(w, t, path);
	json_commission(w, &t->commission);
	json_setup(w, t);
	json_never(w, t);
	json_identity(w, t);
	jw_array(w, "points");
	for (size_t i = 0; i < t->npoints; i++)
		json_point(w, t, &t->points[i]);
	jw_array_end(w);
	jw_array(w, "examples");
	for (size_t i = 0; i < t->nexamples; i++)
		json_example(w, t, &t->examples[i]);
	jw_array_end(w);
	jw_object_end(w);
}
