#include "io/standard_descriptors.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace offhook::io {

void fill_standard_descriptors() {
  int fd = ::open("/dev/null", O_RDWR);  // the lowest number that is free
  while (fd >= 0 && fd <= STDERR_FILENO) fd = ::dup(fd);
  if (fd >= 0) ::close(fd);
}

}  // namespace offhook::io
