// The part of oneDNN that Tsuzuri calls, the same in versions 2 and 3, and the one OpenMP function that
// keeps each worker's products on its own thread (libgomp comes with libdnnl).
#pragma once
#include <dnnl.h>

extern void omp_set_num_threads(int);
