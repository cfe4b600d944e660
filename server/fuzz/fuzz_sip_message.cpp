#include "base/bytes.hpp"
#include "fuzz/round_trip.hpp"
#include "fuzz/target.hpp"

// A datagram or a WebSocket message from anybody.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace offhook;
  fuzz::check_round_trip(sip::parse_message(as_text({data, size})));
  return 0;
}
