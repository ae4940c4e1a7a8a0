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
	struct name *top;             /* RESOLVE_BENEATH, RESOLVE_IN_ROOT: what the walk does not leave; else NULL */
	const struct fs_caller *who;
};

static bool asked(const struct step *s, uint32_t resolve)
{
	return s->who->resolve & resolve;
}

/** May the walk go from where it is to n, which lies on another mount? */
static int check_mount(const struct step *s, const struct name *n)
{
	return asked(s, RESOLVE_NO_XDEV) && n->of != s->at->of ? -EXDEV : 0;
}

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

static int step_up(struct step *s)
{
	struct name *n = s->at;

	if (n == s->top) return asked(s, RESOLVE_BENEATH) ? -EXDEV : 0;
	if (n == s->who->root) return 0;
	while (n->of && n->of->root == n && n->of->at && n->of->at != s->who->root) n = n->of->at;
	n = n->parent;
	name_ref(n);
	n = name_cross(n);
	int err = check_mount(s, n);
	if (err)
		name_unref(n);
	else
		move_to(s, n);
	return err;
}

/** An absolute link: the walk goes on at the root, or at what is the root for it. */
static int to_root(struct step *s)
{
	struct name *root = s->top ? s->top : s->who->root;
	int err = asked(s, RESOLVE_BENEATH) ? -EXDEV : check_mount(s, root);

	if (err) return err;
	name_ref(root);
	move_to(s, root);
	return 0;
}

/** A link that is no text leads anywhere. */
static int check_magic(const struct step *s, const struct name *target)
{
	if (asked(s, RESOLVE_NO_MAGICLINKS)) return -ELOOP;
	return s->top ? -EXDEV : check_mount(s, target);
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
	int err = ++s->links > LINKS_MAX || asked(s, RESOLVE_NO_SYMLINKS) ? -ELOOP : 0;

	if (!err && link->inode->ops->follow) err = link->inode->ops->follow(link->inode, &target, s->who);
	if (!err && target) {
		err = check_magic(s, target);
		if (err)
			name_unref(target);
		else
			move_to(s, target);
		s->rest = rest;
	} else if (!err) {
		err = splice(s, link->inode, rest);
		if (!err && *s->rest == '/') err = to_root(s);
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
	err = check_mount(s, n);
	if (err) {
		name_unref(n);
		return err;
	}
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
	err = len == 2 ? step_up(s) : 0;
	s->rest = behind;
	return err;
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
	if (*path == '/' && (who->resolve & RESOLVE_BENEATH)) return -EXDEV;
	if (!start) start = who->cwd;
	if (who->resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)) s.top = start;
	s.at = *path != '/' || s.top ? start : who->root;
	name_ref(s.at);
	int err = walk_all(&s, w, flags);
	kfree(s.text);
	if (err)
		name_unref(s.at);
	else
		w->name = s.at;
	return err;
}
