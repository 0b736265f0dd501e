// Counts what a thread allocates while it wants that counted. For tests: it stands in the place of the C library's malloc
// and its relatives, which it calls.
#pragma once

// Whether this system's allocations can be counted; elsewhere the counts stay 0.
int tz_allocations_can_be_counted(void);
// Counts the calling thread's allocations from now on, or no more.
void tz_count_allocations(int counts);
void tz_reset_allocations(void);
// Allocations that the program itself or Swift's runtime asked for, and those of other libraries (oneDNN, libgomp).
long tz_own_allocations(void);
long tz_other_allocations(void);
