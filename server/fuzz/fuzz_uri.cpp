#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "fuzz/target.hpp"
#include "sip/uri.hpp"

// What is read can be written, and reads again as the same URI.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace offhook;
  const auto uri = sip::Uri::parse(as_text({data, size}));
  if (!uri) return 0;
  const auto again = sip::Uri::parse(uri->to_string());
  OFFHOOK_ASSERT(again);
  OFFHOOK_ASSERT(*again == *uri);
  OFFHOOK_ASSERT(again->equivalent(*uri));
  return 0;
}
