/*
 * Types, casts, interfaces, objects, their properties and their tree.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/json.h"
#include "qapi/util.h"
#include "qemu/module.h"
#include "qom/object_interfaces.h"

/* ---- types for the test: animal <- dog <- puppy; cat barks not -------- */

#define TYPE_BARKER "test-barker"
typedef struct BarkerClass {
    InterfaceClass parent_class;
    int (*bark)(Object *obj);
    int volume;
} BarkerClass;
DECLARE_CLASS_CHECKERS(BarkerClass, BARKER, TYPE_BARKER)

#define TYPE_ANIMAL "test-animal"
OBJECT_DECLARE_TYPE(Animal, AnimalClass, ANIMAL)
struct AnimalClass {
    ObjectClass parent_class;
    int legs;
    int (*speak)(Animal *a);
};
struct Animal {
    Object parent_obj;
    bool tame;
    char *name;
    int mood;
    uint32_t age;
    Object *friend;
    bool *gone;             /* set when it is finalized */
};

#define TYPE_DOG "test-dog"
#define TYPE_PUPPY "test-puppy"
#define TYPE_CAT "test-cat"
OBJECT_DECLARE_SIMPLE_TYPE(Dog, DOG)
struct Dog {
    Animal parent_obj;
    uint64_t bones;
};

static unsigned animal_class_inits, dog_class_inits, init_order;

static const char *const moods[] = { "calm", "angry", "hungry" };
static const QEnumLookup mood_lookup = { moods, ARRAY_SIZE(moods) };

static int dog_bark(Object *obj)
{
    return 7;
}

static bool animal_get_tame(Object *obj, Error **errp)
{
    return ANIMAL(obj)->tame;
}

static void animal_set_tame(Object *obj, bool value, Error **errp)
{
    if (!value && ANIMAL(obj)->age > 10) {
        error_setg(errp, "too old to go wild");
        return;
    }
    ANIMAL(obj)->tame = value;
}

static char *animal_get_name(Object *obj, Error **errp)
{
    return g_strdup(ANIMAL(obj)->name ? ANIMAL(obj)->name : "");
}

static void animal_set_name(Object *obj, const char *value, Error **errp)
{
    g_free(ANIMAL(obj)->name);
    ANIMAL(obj)->name = g_strdup(value);
}

static int animal_get_mood(Object *obj, Error **errp)
{
    return ANIMAL(obj)->mood;
}

static void animal_set_mood(Object *obj, int value, Error **errp)
{
    ANIMAL(obj)->mood = value;
}

static void animal_class_init(ObjectClass *klass, const void *data)
{
    animal_class_inits++;
    ANIMAL_CLASS(klass)->legs = 4;
    object_property_set_default_bool(
        object_class_property_add_bool(klass, "tame", animal_get_tame,
                                       animal_set_tame), true);
    object_class_property_add_str(klass, "name", animal_get_name,
                                  animal_set_name);
    object_class_property_add_enum(klass, "mood", "Mood", &mood_lookup,
                                   animal_get_mood, animal_set_mood);
    object_class_property_add_link(klass, "friend", TYPE_ANIMAL,
                                   offsetof(Animal, friend),
                                   object_property_allow_set_link,
                                   OBJ_PROP_LINK_STRONG);
    object_class_property_set_description(klass, "name", "what it is called");
}

static void animal_init(Object *obj)
{
    Animal *a = ANIMAL(obj);

    g_assert_cmpuint(init_order++, ==, 0);
    g_assert_true(a->tame);         /* defaults come before init */
    object_property_add_uint32_ptr(obj, "age", &a->age,
                                   OBJ_PROP_FLAG_READWRITE);
}

static void animal_finalize(Object *obj)
{
    Animal *a = ANIMAL(obj);

    g_free(a->name);
    if (a->gone) {
        *a->gone = true;
    }
}

static void dog_class_init(ObjectClass *klass, const void *data)
{
    dog_class_inits++;
    BARKER_CLASS(klass)->bark = dog_bark;
    BARKER_CLASS(klass)->volume = 3;
}

static void dog_init(Object *obj)
{
    g_assert_cmpuint(init_order++, ==, 1);
}

static void barker_class_init(ObjectClass *klass, const void *data)
{
    ((BarkerClass *)klass)->volume = 1;
}

static const TypeInfo test_types[] = {
    { .name = TYPE_BARKER, .parent = TYPE_INTERFACE,
      .class_size = sizeof(BarkerClass), .class_init = barker_class_init },
    { .name = TYPE_ANIMAL, .parent = TYPE_OBJECT, .abstract = true,
      .instance_size = sizeof(Animal), .class_size = sizeof(AnimalClass),
      .class_init = animal_class_init, .instance_init = animal_init,
      .instance_finalize = animal_finalize },
    { .name = TYPE_DOG, .parent = TYPE_ANIMAL, .instance_size = sizeof(Dog),
      .class_init = dog_class_init, .instance_init = dog_init,
      .interfaces = (const InterfaceInfo[]) { { TYPE_BARKER }, { } } },
    { .name = TYPE_PUPPY, .parent = TYPE_DOG },
    { .name = TYPE_CAT, .parent = TYPE_ANIMAL },
};

static Object *make(const char *type)
{
    init_order = 0;
    return object_new(type);
}

/* ---- types ------------------------------------------------------------- */

static void test_lazy_classes(void)
{
    g_assert_cmpuint(animal_class_inits, ==, 0);
    g_assert_null(object_class_by_name("test-unicorn"));
    g_assert_nonnull(object_class_by_name(TYPE_PUPPY));
    g_assert_cmpuint(animal_class_inits, ==, 1);
    g_assert_cmpuint(dog_class_inits, ==, 1);
    g_assert_cmpint(ANIMAL_CLASS(object_class_by_name(TYPE_PUPPY))->legs, ==,
                    4);
    g_assert_true(object_class_is_abstract(object_class_by_name(TYPE_ANIMAL)));
}

static void test_casts(void)
{
    Object *puppy = make(TYPE_PUPPY);
    Object *cat = make(TYPE_CAT);

    for (int i = 0; i < 3; i++) {
        g_assert_true((Object *)DOG(puppy) == puppy);
        g_assert_true((Object *)ANIMAL(i & 1 ? puppy : cat) ==
                      (i & 1 ? puppy : cat));
    }
    g_assert_null(object_dynamic_cast(cat, TYPE_DOG));
    g_assert_null(DOG(NULL));
    object_unref(puppy);
    object_unref(cat);
}

static void test_wrong_cast_aborts(void)
{
    if (g_test_subprocess()) {
        Object *cat = make(TYPE_CAT);

        DOG(cat);
        return;
    }
    g_test_trap_subprocess(NULL, 0, 0);
    g_test_trap_assert_failed();
    g_test_trap_assert_stderr("*test-cat*is not a*test-dog*");
}

static void test_interfaces(void)
{
    Object *puppy = make(TYPE_PUPPY);
    Object *cat = make(TYPE_CAT);
    BarkerClass *bc = BARKER_GET_CLASS(puppy);

    g_assert_cmpint(bc->bark(puppy), ==, 7);
    g_assert_cmpint(bc->volume, ==, 3);
    g_assert_true(bc->parent_class.concrete_class == object_get_class(puppy));
    g_assert_true(bc == BARKER_GET_CLASS(puppy));
    g_assert_nonnull(object_dynamic_cast(puppy, TYPE_BARKER));
    g_assert_null(object_dynamic_cast(cat, TYPE_BARKER));
    /* The interface itself keeps its own values. */
    g_assert_cmpint(((BarkerClass *)object_class_by_name(TYPE_BARKER))->volume,
                    ==, 1);
    object_unref(puppy);
    object_unref(cat);
}

static void test_class_list(void)
{
    g_autoptr(GSList) barkers = object_class_get_list(TYPE_BARKER, false);
    g_autoptr(GSList) animals = object_class_get_list_sorted(TYPE_ANIMAL,
                                                             true);

    g_assert_cmpuint(g_slist_length(barkers), ==, 2);
    g_assert_cmpuint(g_slist_length(animals), ==, 4);
    g_assert_cmpstr(object_class_get_name(animals->data), ==, TYPE_ANIMAL);
}

/* ---- properties -------------------------------------------------------- */

static void test_bool_str_enum(void)
{
    g_autoptr(Animal) a = ANIMAL(make(TYPE_DOG));
    Object *obj = OBJECT(a);
    g_autofree char *name = NULL, *text = NULL;
    Error *err = NULL;

    g_assert_true(object_property_get_bool(obj, "tame", &error_abort));
    g_assert_true(object_property_parse(obj, "tame", "off", &error_abort));
    g_assert_false(a->tame);
    g_assert_true(object_property_set_bool(obj, "tame", true, &error_abort));
    a->age = 11;
    g_assert_false(object_property_set_bool(obj, "tame", false, &err));
    g_assert_cmpstr(error_get_pretty(err), ==, "too old to go wild");
    error_free_or_abort(&err);

    object_property_set_str(obj, "name", "Rex", &error_abort);
    name = object_property_get_str(obj, "name", &error_abort);
    g_assert_cmpstr(name, ==, "Rex");

    object_property_set_str(obj, "mood", "hungry", &error_abort);
    g_assert_cmpint(a->mood, ==, 2);
    g_assert_cmpint(object_property_get_enum(obj, "mood", "Mood",
                                             &error_abort), ==, 2);
    g_assert_false(object_property_set_str(obj, "mood", "gone", &err));
    error_free_or_abort(&err);
    g_assert_cmpint(object_property_get_enum(obj, "mood", "Weather", &err),
                    ==, -1);
    error_free_or_abort(&err);
    text = object_property_print(obj, "age", false, &error_abort);
    g_assert_cmpstr(text, ==, "11");
}

static void test_integers(void)
{
    g_autoptr(Animal) a = ANIMAL(make(TYPE_CAT));
    Object *obj = OBJECT(a);
    Error *err = NULL;

    object_property_set_uint(obj, "age", 4000000000u, &error_abort);
    g_assert_cmpuint(a->age, ==, 4000000000u);
    g_assert_cmpuint(object_property_get_uint(obj, "age", &error_abort), ==,
                     4000000000u);
    g_assert_false(object_property_set_uint(obj, "age", 1ull << 32, &err));
    error_free_or_abort(&err);
    g_assert_false(object_property_parse(obj, "age", "old", &err));
    error_free_or_abort(&err);
    object_property_parse(obj, "age", "0x10", &error_abort);
    g_assert_cmpuint(a->age, ==, 16);
}

static void test_unknown_and_readonly(void)
{
    g_autoptr(Animal) a = ANIMAL(make(TYPE_CAT));
    Error *err = NULL;

    g_assert_false(object_property_set_bool(OBJECT(a), "wings", true, &err));
    g_assert_cmpstr(error_get_pretty(err), ==,
                    "Property 'test-cat.wings' not found");
    error_free_or_abort(&err);
    g_assert_false(object_property_set_str(OBJECT(a), "type", "x", &err));
    g_assert_cmpstr(error_get_pretty(err), ==,
                    "Property 'test-cat.type' is not writable");
    error_free_or_abort(&err);
    g_assert_null(object_property_try_add(OBJECT(a), "tame", "bool", NULL,
                                          NULL, NULL, NULL, &err));
    error_free_or_abort(&err);
}

static void test_iteration_order(void)
{
    g_autoptr(Animal) a = ANIMAL(make(TYPE_DOG));
    static const char *const expected[] = {
        "age", "tame", "name", "mood", "friend", "type",
    };
    ObjectPropertyIterator iter;
    ObjectProperty *prop;
    unsigned n = 0;

    object_property_iter_init(&iter, OBJECT(a));
    while ((prop = object_property_iter_next(&iter))) {
        g_assert_cmpuint(n, <, ARRAY_SIZE(expected));
        g_assert_cmpstr(prop->name, ==, expected[n++]);
    }
    g_assert_cmpuint(n, ==, ARRAY_SIZE(expected));
}

/* Many properties: found by hash, deleted, and "[*]" fills the first gap. */
static void test_many_properties(void)
{
    Object *box = object_new(TYPE_CONTAINER);

    for (int i = 0; i < 40; i++) {
        object_property_add_new_container(box, "box[*]");
    }
    g_assert_nonnull(object_resolve_path_component(box, "box[39]"));
    object_unparent(object_resolve_path_component(box, "box[3]"));
    g_assert_null(object_resolve_path_component(box, "box[3]"));
    object_property_add_new_container(box, "box[*]");
    g_assert_nonnull(object_resolve_path_component(box, "box[3]"));
    object_property_add_new_container(box, "box[*]");
    g_assert_nonnull(object_resolve_path_component(box, "box[40]"));
    object_unref(box);
}

/* ---- children, links, aliases, paths ----------------------------------- */

static void test_children_die_with_parent(void)
{
    Object *box = object_new(TYPE_CONTAINER);
    Object *cat = make(TYPE_CAT);
    bool gone = false;

    ANIMAL(cat)->gone = &gone;
    object_property_add_child(box, "cat", cat);
    object_unref(cat);
    g_assert_false(gone);
    g_assert_cmpstr(object_get_canonical_path_component(cat), ==, "cat");
    object_unref(box);
    g_assert_true(gone);
}

typedef struct Kennel {
    Object parent_obj;
    Dog dog;
} Kennel;

static void test_embedded_child(void)
{
    static const TypeInfo info = {
        .name = "test-kennel", .parent = TYPE_OBJECT,
        .instance_size = sizeof(Kennel),
    };
    bool gone = false;
    Error *err = NULL;
    Kennel *k;

    type_register_static(&info);
    k = (Kennel *)object_new("test-kennel");
    init_order = 0;
    object_initialize_child(OBJECT(k), "dog", &k->dog, TYPE_PUPPY);
    k->dog.parent_obj.gone = &gone;
    g_assert_cmpuint(OBJECT(&k->dog)->ref, ==, 1);
    object_unparent(OBJECT(&k->dog));
    g_assert_true(gone);

    init_order = 0;
    g_assert_false(object_initialize_child_with_props(
        OBJECT(k), "dog", &k->dog, sizeof(k->dog), TYPE_DOG, &err,
        "name", "Rex", "mood", "unheard-of", NULL));
    error_free_or_abort(&err);
    g_assert_null(object_resolve_path_component(OBJECT(k), "dog"));
    object_unref(k);
}

static void test_links_hold_references(void)
{
    Object *root = object_get_objects_root();
    Object *dog = make(TYPE_DOG), *cat = make(TYPE_CAT);
    Object *box = object_property_add_new_container(root, "box");
    bool gone = false;
    Error *err = NULL;

    object_property_add_child(root, "rex", dog);
    object_property_add_child(root, "tom", cat);
    ANIMAL(cat)->gone = &gone;
    object_property_set_str(dog, "friend", "tom", &error_abort);
    g_assert_true(object_property_get_link(dog, "friend", &error_abort) ==
                  cat);
    object_unparent(cat);
    object_unref(cat);
    g_assert_false(gone);
    g_assert_false(object_property_set_str(dog, "friend", "nobody", &err));
    g_assert_cmpint(error_get_class(err), ==, ERROR_CLASS_DEVICE_NOT_FOUND);
    error_free_or_abort(&err);
    g_assert_false(object_property_set_str(dog, "friend", "/objects/box",
                                           &err));
    error_free_or_abort(&err);
    g_assert_false(object_property_set_link(dog, "friend", box, &err));
    error_free_or_abort(&err);
    object_property_set_link(dog, "friend", NULL, &error_abort);
    g_assert_true(gone);
    object_unparent(dog);
    object_unref(dog);
    object_unparent(box);
}

static void test_alias(void)
{
    Object *box = object_new(TYPE_CONTAINER);
    Object *dog = make(TYPE_DOG);

    object_property_add_child(box, "dog", dog);
    object_property_add_alias(box, "dog-name", dog, "name");
    object_property_add_alias(box, "best", box, "dog");
    object_property_set_str(box, "dog-name", "Fido", &error_abort);
    g_assert_cmpstr(ANIMAL(dog)->name, ==, "Fido");
    g_assert_true(object_resolve_path_component(box, "best") == dog);
    g_assert_cmpstr(object_property_get_type(box, "best", &error_abort), ==,
                    "link<test-dog>");
    object_unref(dog);
    object_unref(box);
}

static void test_paths(void)
{
    Object *root = object_get_objects_root();
    Object *a = object_property_add_new_container(root, "a");
    Object *b = object_property_add_new_container(a, "b");
    Object *b2;
    bool ambiguous;
    g_autofree char *path = object_get_canonical_path(b);

    g_assert_cmpstr(path, ==, "/objects/a/b");
    g_assert_true(object_resolve_path("/objects/a/b", &ambiguous) == b);
    g_assert_true(object_resolve_path("a/b", &ambiguous) == b);
    g_assert_false(ambiguous);
    g_assert_true(object_resolve_path("/", NULL) == object_get_root());
    g_assert_null(object_resolve_path("/objects/zzz", &ambiguous));
    g_assert_null(object_resolve_path("", &ambiguous));
    b2 = object_property_add_new_container(root, "b");
    g_assert_null(object_resolve_path("b", &ambiguous));
    g_assert_true(ambiguous);
    g_assert_true(object_resolve_path_at(a, "b") == b);
    object_unparent(b2);
    object_unparent(a);
}

static int delete_each(Object *child, void *opaque)
{
    ++*(unsigned *)opaque;
    object_unparent(child);
    return 0;
}

static void test_foreach_may_delete(void)
{
    Object *box = object_new(TYPE_CONTAINER);
    unsigned seen = 0;

    for (int i = 0; i < 12; i++) {
        object_property_add_new_container(box, "x[*]");
    }
    object_child_foreach(box, delete_each, &seen);
    g_assert_cmpuint(seen, ==, 12);
    g_assert_null(object_resolve_path_component(box, "x[0]"));
    object_unref(box);
}

/* ---- user-creatable ---------------------------------------------------- */

static void uc_complete(UserCreatable *uc, Error **errp)
{
    if (ANIMAL(uc)->age == 13) {
        error_setg(errp, "bad luck");
    }
}

static void uc_class_init(ObjectClass *klass, const void *data)
{
    USER_CREATABLE_CLASS(klass)->complete = uc_complete;
}

static const TypeInfo uc_info = {
    .name = "test-pet", .parent = TYPE_CAT, .class_init = uc_class_init,
    .interfaces = (const InterfaceInfo[]) { { TYPE_USER_CREATABLE }, { } },
};

static void add_fails(const char *text, const char *message)
{
    Error *err = NULL;

    init_order = 0;
    g_assert_false(user_creatable_add_from_str(text, &err));
    g_assert_cmpstr(error_get_pretty(err), ==, message);
    error_free_or_abort(&err);
}

static void test_user_creatable(void)
{
    Error *err = NULL;

    type_register_static(&uc_info);
    init_order = 0;
    g_assert_true(user_creatable_add_from_str("test-pet,id=p,name=Tom,age=3",
                                              &error_abort));
    g_assert_cmpstr(ANIMAL(object_resolve_path("/objects/p", NULL))->name, ==,
                    "Tom");
    add_fails("test-pet,id=p", "Duplicate ID 'p' for object");
    add_fails("test-pet", "Parameter 'id' is missing");
    add_fails("test-pet,id=1", "Parameter 'id' expects an identifier");
    add_fails("test-cat,id=c",
              "Parameter 'qom-type' does not accept value 'test-cat'; "
              "-object help lists what is legal");
    add_fails("test-pet,id=q,foo=1", "Invalid parameter 'foo'");
    add_fails("test-pet,id=q,age=13", "bad luck");
    add_fails("{'qom-type':'test-pet','id':'q','foo':1}",
              "Parameter 'foo' is unexpected");
    g_assert_null(object_resolve_path("/objects/q", NULL));
    init_order = 0;
    g_assert_true(user_creatable_add_from_str(
        "{'qom-type':'test-pet','id':'q','age':5}", &error_abort));
    g_assert_true(user_creatable_del("q", &error_abort));
    g_assert_false(user_creatable_del("q", &err));
    g_assert_cmpstr(error_get_pretty(err), ==, "object 'q' not found");
    error_free_or_abort(&err);
    user_creatable_cleanup();
    g_assert_null(object_resolve_path("/objects/p", NULL));
}

/* ---- what a cast costs ------------------------------------------------- */

static void test_cast_cost(void)
{
    Object *puppy = make(TYPE_PUPPY);
    const unsigned rounds = 2000000;
    uintptr_t sum = 0;
    gint64 t0, t1;

    t0 = g_get_monotonic_time();
    for (unsigned i = 0; i < rounds; i++) {
        sum += (uintptr_t)DOG(puppy);
        __asm__ volatile("" : "+r"(puppy) : : "memory");
    }
    t1 = g_get_monotonic_time();
    g_assert_cmpuint(sum, !=, 0);
    g_test_message("a repeated cast: %.2f ns", (t1 - t0) * 1000.0 / rounds);
    object_unref(puppy);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    type_register_static_array(test_types, ARRAY_SIZE(test_types));

    g_test_add_func("/qom/type/classes-are-made-when-asked-for",
                    test_lazy_classes);
    g_test_add_func("/qom/type/casts", test_casts);
    g_test_add_func("/qom/type/wrong-cast-aborts", test_wrong_cast_aborts);
    g_test_add_func("/qom/type/interfaces", test_interfaces);
    g_test_add_func("/qom/type/lists", test_class_list);
    g_test_add_func("/qom/type/cast-cost", test_cast_cost);
    g_test_add_func("/qom/property/bool-str-enum", test_bool_str_enum);
    g_test_add_func("/qom/property/integers", test_integers);
    g_test_add_func("/qom/property/unknown-and-read-only",
                    test_unknown_and_readonly);
    g_test_add_func("/qom/property/iteration-order", test_iteration_order);
    g_test_add_func("/qom/property/many", test_many_properties);
    g_test_add_func("/qom/child/dies-with-parent",
                    test_children_die_with_parent);
    g_test_add_func("/qom/child/embedded", test_embedded_child);
    g_test_add_func("/qom/link/holds-a-reference", test_links_hold_references);
    g_test_add_func("/qom/link/alias", test_alias);
    g_test_add_func("/qom/child/paths", test_paths);
    g_test_add_func("/qom/child/foreach-may-delete", test_foreach_may_delete);
    g_test_add_func("/qom/user/creatable", test_user_creatable);
    return g_test_run();
}
