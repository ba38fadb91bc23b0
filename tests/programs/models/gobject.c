/* gobject.c: objects of GLib: 20 nodes kept in a table, 5 lost, 3 whose count was raised and forgotten, a pair that
 * hold each other, and one that only a GWeakRef and a weak notify know. Of two leaves with a toggle reference one is held
 * by it, through its wrapper, which a GWeakRef watches as well; the other's was forgotten. */
#include <glib-object.h>

#define LAB_TYPE_NODE (lab_node_get_type())
G_DECLARE_DERIVABLE_TYPE(LabNode, lab_node, LAB, NODE, GObject)

struct _LabNodeClass {
	GObjectClass parent;
};
typedef struct {
	LabNode *next;
	LabNode *owner;
} LabNodePrivate;

G_DEFINE_TYPE_WITH_PRIVATE(LabNode, lab_node, G_TYPE_OBJECT)

#define LAB_TYPE_LEAF (lab_leaf_get_type())
G_DECLARE_FINAL_TYPE(LabLeaf, lab_leaf, LAB, LEAF, GObject)

struct _LabLeaf {
	GObject parent;
	LabLeaf *other;
};

G_DEFINE_TYPE(LabLeaf, lab_leaf, G_TYPE_OBJECT)

static void lab_node_class_init(LabNodeClass *class)
{
	(void)class;
}
static void lab_node_init(LabNode *node)
{
	(void)node;
}
static void get_property(GObject *leaf, guint number, GValue *value, GParamSpec *spec)
{
	(void)leaf, (void)number, (void)value, (void)spec;
}
static void lab_leaf_class_init(LabLeafClass *class)
{
	G_OBJECT_CLASS(class)->get_property = get_property;
	/* It is referred to behind its private data. */
	g_object_class_install_property(G_OBJECT_CLASS(class), 1,
					g_param_spec_int("size", NULL, NULL, 0, 9, 0, G_PARAM_READABLE));
}
static void lab_leaf_init(LabLeaf *leaf)
{
	(void)leaf;
}

static GObject **kept;
static GWeakRef weak;

static LabNode *new_node(void)
{
	return g_object_new(LAB_TYPE_NODE, NULL);
}

static void notify(gpointer data, GObject *object)
{
	(void)data;
	(void)object;
}

__attribute__((noinline)) static void keep(void)
{
	kept = g_new0(GObject *, 21);
	for (int i = 0; i < 20; i++) {
		LabNode *node = new_node();
		LabNodePrivate *private = lab_node_get_instance_private(node);
		private->next = i ? g_object_ref(LAB_NODE(kept[i - 1])) : NULL;
		kept[i] = G_OBJECT(node);
	}
	for (int i = 0; i < 3; i++)
		g_object_ref(kept[i]);
	kept[20] = g_object_new(G_TYPE_OBJECT, NULL);
}

__attribute__((noinline)) static void lose(void)
{
	for (int i = 0; i < 5; i++)
		new_node();
	LabNode *left = new_node(), *right = new_node();
	((LabNodePrivate *)lab_node_get_instance_private(left))->next = right;
	((LabNodePrivate *)lab_node_get_instance_private(right))->owner = left;
}

/* Only weak references are left of it, which nobody told that it is lost. */
__attribute__((noinline)) static void know_weakly(void)
{
	LabLeaf *leaf = g_object_new(LAB_TYPE_LEAF, NULL);

	g_weak_ref_init(&weak, leaf);
	g_object_weak_ref(G_OBJECT(leaf), notify, leaf);
}

struct wrapper {
	GObject *object;
} * wrapped;
GObject *bare;
static GWeakRef watching;

static void toggled(gpointer wrapper, GObject *object, gboolean is_last)
{
	(void)wrapper;
	(void)object;
	(void)is_last;
}

static GObject *new_toggled(struct wrapper *w)
{
	GObject *leaf = g_object_new(LAB_TYPE_LEAF, NULL);

	g_object_add_toggle_ref(leaf, toggled, w);
	return leaf;
}

__attribute__((noinline)) static void wrap(void)
{
	wrapped = g_new0(struct wrapper, 1);
	wrapped->object = new_toggled(wrapped);
	g_object_unref(wrapped->object); /* the toggle reference is the last */
	g_weak_ref_init(&watching, wrapped->object);
	struct wrapper *forgotten = g_new0(struct wrapper, 1);
	bare = new_toggled(forgotten);
	g_free(forgotten);
}

int main(void)
{
	keep();
	lose();
	know_weakly();
	wrap();
	return 0;
}
