/* command.h - what plume-mailer does besides serving: "plume-mailer audit list ..." and so on.
 *
 * Commands need the files and no process, print to stdout, complain to stderr, and exit with 0 done,
 * 1 failed or found something wrong, 2 usage. */
#ifndef MAILER_COMMAND_H
#define MAILER_COMMAND_H

#include "common/config.h"

enum { COMMAND_USAGE = 2 };

/* Of those that read the record: a file that PLUME_CONFIG names is the server's. */
#define COMMAND_CONFIG_VARIABLE "PLUME_AUDIT_CONFIG"

/* The process's own arguments; argv[1] is a word. */
int command_main(int argc, char **argv);

/* The environment for commands that read the files only: a configuration file of the server
 * (PLUME_CONFIG) has options that are none of theirs. */
const char *command_env(const char *name);
/* Loads the options of a command whose last word is argv[0].  *exit_code is set when the command is
 * over with that. */
enum config_outcome command_load(const struct config_program *program,
				 const struct config_source *source, void *target,
				 const char **operand, int *exit_code) ATTR_USE_RESULT;

/* Says why it failed with this file (NULL: the log has said it); gives the exit code. */
int command_failed(const char *file, const char *why);

/* The commands: argv[0] is their last word. */
int command_audit_list(int argc, char **argv);
int command_audit_show(int argc, char **argv);
int command_audit_verify(int argc, char **argv);
int command_audit_erase(int argc, char **argv);
int command_audit_export(int argc, char **argv);
int command_test(int argc, char **argv);

#endif
