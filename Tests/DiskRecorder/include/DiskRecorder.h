// Notes what is handed to the disk, and in which order. For tests: it stands in the place of the C library's fsync,
// fdatasync and rename, and asks the system itself.
#pragma once

// Begins a record of what concerns files below a folder; NULL ends it.
void tz_record_disk(const char *folder);
// The record: a line each, "sync FILE" or "rename FILE TO", with paths from the folder on. It stays until the next begins.
const char *tz_disk_record(void);
