/* vt_priv.h - between the terminal's parser (vt.c) and what control sequences do (vt_csi.c).
 * Included by: those two.
 * Never: by anything else.  */
#ifndef DRIVERS_CONSOLE_VT_PRIV_H
#define DRIVERS_CONSOLE_VT_PRIV_H
#include "drivers/console/vt.h"

/** Carry out ESC [ ... final with the parameters in v. */
void vt_csi(struct vt *v, uint8_t final);
/** Row and column, cut to the screen (rows: to the region in origin mode, with absolute rows given). */
void vt_goto(struct vt *v, int32_t row, int32_t col);
/** Move the region's lines [from, bottom) by n: up (n > 0) or down, blank lines come in. */
void vt_scroll(struct vt *v, uint32_t from, int32_t n);
/** Cells [from, to) are changing. */
static inline void vt_touch(struct vt *v, uint32_t from, uint32_t to)
{
	v->dirty_from = v->dirty_to == 0 ? from : MIN(v->dirty_from, from);
	v->dirty_to = MAX(v->dirty_to, to);
}
void vt_erase(struct vt *v, uint32_t from_cell, uint32_t to_cell);
void vt_put(struct vt *v, uint8_t c);
uint8_t vt_attribute(const struct vt *v);
void vt_reset(struct vt *v);
void vt_save(struct vt *v);
void vt_restore(struct vt *v);
#endif
