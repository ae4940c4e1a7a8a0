/* walk.c - from a path to a name: components, "..", symbolic links, mounts.
 * Called by: file.c, sys_file.c, exec, mount.
 * Never: recurses: a link's text is put before the rest of the path.  */
#include "abi/linux_errno.h"
#include "fs/name_priv.h"
#include "kernel/mm/kheap.h"
#include "lib/str.h"

#define LINKS_MAX 40 /* path_resolution(7) */
#define LINK_TEXT 256u /* room for links of file systems that do not say their length: /proc */

struct step {
	struct name *at;              /* referenced */
	const char *rest;             /* what is left of the path */
	char *text;                   /* rest lies in here after a link; owned */
	uint32_t links;
	const struct fs_caller *who;
};

static const char *skip_slashes(const char *p)
{
	while (*p == '/') p++;
	return p;
}

static uint32_t component_length(const char *p)
{
	uint32_t n = 0;

	while (p[n] && p[n] != '/') n++;
	return n;
}

/** Go to n, whose reference is taken over. */
static void move_to(struct step *s, struct name *n)
{
	name_unref(s->at);
	s->at = n;
}

static void step_up(struct step *s)
{
	struct name *n = s->at;

	if (n == s->who->root) return;
	while (n->of && n->of->root == n && n->of->at && n->of->at != s->who->root) n = n->of->at;
	n = n->parent;
	name_ref(n);
	move_to(s, name_cross(n));
}

/** Put the text of link before the rest of the path. */
static int splice(struct step *s, struct inode *link, const char *rest)
{
	uint32_t rest_len = (uint32_t)strlen(rest);
	uint32_t room = link->size ? (uint32_t)link->size : LINK_TEXT;

	if (!link->ops->readlink) return -EINVAL;
	if (room + rest_len + 1 > PATH_MAX) return -ENAMETOOLONG;
	char *text = kmalloc(room + rest_len + 1);
	if (!text) return -ENOMEM;
	int n = link->ops->readlink(link, text, room, s->who);
	if (n <= 0) {
		kfree(text);
		return n ? n : -ENOENT;
	}
	memcpy(text + n, rest, rest_len + 1);
	kfree(s->text);
	s->text = text;
	s->rest = text;
	return 0;
}

/** The link is not entered: the walk goes on at the name it stands for, or at its text. Takes over the link's reference. */
static int follow_link(struct step *s, struct name *link, const char *rest)
{
	struct name *target = NULL;
	int err = ++s->links > LINKS_MAX ? -ELOOP : 0;

	if (!err && link->inode->ops->follow) err = link->inode->ops->follow(link->inode, &target, s->who);
	if (!err && target) {
		move_to(s, target);
		s->rest = rest;
	} else if (!err) {
		err = splice(s, link->inode, rest);
		if (!err && *s->rest == '/') {
			name_ref(s->who->root);
			move_to(s, s->who->root);
		}
	}
	name_unref(link);
	return err;
}

static int enter(struct step *s, uint32_t len, bool follow)
{
	const char *rest = s->rest + len;
	struct name *n;

	int err = name_lookup(s->at, s->rest, len, &n);
	if (err) return err;
	if (S_ISLNK(n->inode->mode) && follow) return follow_link(s, n, rest);
	move_to(s, n);
	s->rest = rest;
	return 0;
}

static int may_search(const struct step *s)
{
	if (!S_ISDIR(s->at->inode->mode)) return -ENOTDIR;
	return inode_permission(s->at->inode, X_OK, s->who);
}

static void keep_last(struct walk *w, const char *text, uint32_t len)
{
	memcpy(w->last, text, len);
	w->last[len] = '\0';
	w->last_len = len;
}

/** One component. Returns 1 when the walk stops at the parent. */
static int walk_component(struct step *s, struct walk *w, uint32_t flags)
{
	uint32_t len = component_length(s->rest);
	const char *behind = s->rest + len;
	bool last = !*skip_slashes(behind);

	if (len > NAME_MAX) return -ENAMETOOLONG;
	int err = may_search(s);
	if (err) return err;
	w->trailing_slash = last && *behind == '/';
	if (last && (flags & WALK_PARENT)) {
		keep_last(w, s->rest, len);
		return 1;
	}
	bool dots = s->rest[0] == '.' && (len == 1 || (len == 2 && s->rest[1] == '.'));
	if (!dots) return enter(s, len, !last || w->trailing_slash || (flags & WALK_FOLLOW));
	if (len == 2) step_up(s);
	s->rest = behind;
	return 0;
}

static int walk_all(struct step *s, struct walk *w, uint32_t flags)
{
	for (;;) {
		s->rest = skip_slashes(s->rest);
		if (!*s->rest) break;
		int err = walk_component(s, w, flags);
		if (err) return err < 0 ? err : 0;
	}
	if (flags & WALK_PARENT) keep_last(w, "/", 1); /* only "/" itself ends here: no component was last */
	if ((w->trailing_slash || (flags & WALK_DIRECTORY)) && !S_ISDIR(s->at->inode->mode)) return -ENOTDIR;
	return 0;
}

int name_walk(struct walk *w, struct name *start, const char *path, uint32_t flags, const struct fs_caller *who)
{
	struct step s = {.rest = path, .who = who};

	w->name = NULL;
	w->last_len = 0;
	w->last[0] = '\0';
	w->trailing_slash = false;
	if (!*path) return -ENOENT;
	if (strnlen(path, PATH_MAX) == PATH_MAX) return -ENAMETOOLONG;
	s.at = *path == '/' ? who->root : start ? start : who->cwd;
	name_ref(s.at);
	int err = walk_all(&s, w, flags);
	kfree(s.text);
	if (err)
		name_unref(s.at);
	else
		w->name = s.at;
	return err;
}
