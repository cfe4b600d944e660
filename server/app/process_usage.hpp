#pragma once

#include <cstddef>

namespace offhook::app {

// What this process uses of the machine, as Linux tells; 0 for what it does not.
struct ProcessUsage {
  double resident_bytes = 0;
  double virtual_bytes = 0;
  double processor_seconds = 0;
  double start_time = 0;  // seconds since 1970
  double open_descriptors = 0;
  double most_descriptors = 0;

  [[nodiscard]] static ProcessUsage read();
};

}  // namespace offhook::app
