#pragma once

#include <cstddef>
#include <cstdint>

// The function that every target defines; libFuzzer's name. Aborts where a promise of the code
// under test is broken.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
