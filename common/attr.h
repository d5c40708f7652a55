/* attr.h - the compiler attributes this project uses, under one name each. */
#ifndef COMMON_ATTR_H
#define COMMON_ATTR_H

#define ATTR_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#define ATTR_USE_RESULT __attribute__((warn_unused_result))
#define ATTR_NORETURN __attribute__((noreturn))

#define NELEMS(a) (sizeof(a) / sizeof((a)[0]))

#endif
