#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "rtp/packet.hpp"

namespace offhook::rtp {

// Makes one digit of the many packets of an event (RFC 4733 2.5.2.2): an event is its stream and
// timestamp; it is reported once, with its first end packet, or when the next event replaces it, or
// 200 ms after its last packet.
class DtmfReceiver {
 public:
  static constexpr Duration kGivenUpAfter = std::chrono::milliseconds(200);

  struct Digit {
    char digit = 0;
    Duration duration{};
  };

  // A packet of the telephone-event payload type. Events that are no digits and short payloads are
  // ignored.
  void handle(const Header& header, ByteView payload, Time now);
  void handle_timeout(Time now);
  [[nodiscard]] std::optional<Digit> poll_digit();  // drain after every input
  [[nodiscard]] std::optional<Time> next_timeout() const { return deadline_; }

 private:
  struct Event {
    std::uint32_t ssrc = 0;
    std::uint32_t timestamp = 0;
    std::uint8_t event = 0;
    std::uint32_t earlier_ticks = 0;  // of the segments before this one (RFC 4733 2.5.1.3)
    std::uint32_t ticks = 0;
    bool reported = false;
  };

  [[nodiscard]] bool is_late(const Header& header) const;
  void report();

  std::optional<Event> current_;
  std::optional<Time> deadline_;
  std::array<Digit, 2> outputs_{};  // one input ends two events at most
  std::size_t output_count_ = 0;
};

}  // namespace offhook::rtp
