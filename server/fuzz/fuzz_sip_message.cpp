#include <string>
#include <string_view>
#include <utility>

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "fuzz/round_trip.hpp"
#include "fuzz/target.hpp"
#include "sip/message_view.hpp"

// A datagram or a WebSocket message from anybody. It reads the same in place, wherever the view of it
// is moved.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace offhook;
  const std::string_view bytes = as_text({data, size});
  const auto message = sip::parse_message(bytes);
  fuzz::check_round_trip(message);
  auto view = sip::MessageView::parse(std::string(bytes));
  OFFHOOK_ASSERT(view.has_value() == message.has_value());
  if (!view) return 0;
  const sip::MessageView moved = std::move(*view);
  OFFHOOK_ASSERT(moved.to_message() == *message);
  return 0;
}
