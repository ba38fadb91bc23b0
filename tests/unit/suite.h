/* suite.h: the main of a unit test: one suite, named as its file. T= and CK_RUN_SUITE, CK_FORK=no work as in check. */
#ifndef LG_TESTS_SUITE_H
#define LG_TESTS_SUITE_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* Runs all tests of a suite and returns main's status. Tests whose name says that they compare with a definition
 * ("..._agree_with_...") are run 50 times; they draw what they need from their number. Fixtures may be NULL. */
static inline int suite_run_with(const char *name, void (*setup)(void), void (*teardown)(void),
				 const TTest *const *tests, size_t n)
{
	Suite *suite = suite_create(name);
	TCase *all = tcase_create(name);

	if (setup)
		tcase_add_checked_fixture(all, setup, teardown);
	tcase_set_timeout(all, 600);
	for (size_t i = 0; i < n; i++)
		tcase_add_loop_test(all, tests[i], 0, strstr(tests[i]->name, "_agree_with_") ? 50 : 1);
	suite_add_tcase(suite, all);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static inline int suite_run(const char *name, const TTest *const *tests, size_t n)
{
	return suite_run_with(name, NULL, NULL, tests, n);
}

#endif
