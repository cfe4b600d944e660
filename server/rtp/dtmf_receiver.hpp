#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "rtp/packet.hpp"

namespace offhook::rtp {

// Makes one digit of the many packets of an event (RFC 4733 2.5.2.2): an event is its stream and
// timestamp; it is over with its first end packet, or when the next event replaces it, or 200 ms
// after its last packet. What comes later of it is no new digit.
class DtmfReceiver {
 public:
  static constexpr Duration kGivenUpAfter = std::chrono::milliseconds(200);
  // Nobody holds a key for longer; packets can say so without it having happened, and each segment of
  // an event is three packets to whoever is told of it.
  static constexpr Duration kLongest = std::chrono::seconds(60);

  // What is known of a digit by now. The first that is told of it may be its end already.
  struct Digit {
    char digit = 0;
    bool over = false;
    Duration duration{};          // so far, up to kLongest
    std::uint8_t volume = 0;      // -dBm0
    std::uint32_t ssrc = 0;       // these two name the event
    std::uint32_t timestamp = 0;  // of its start
  };

  // A packet of the telephone-event payload type. Events that are no digits and short payloads are
  // ignored.
  void handle(const Header& header, ByteView payload, Time now);
  void handle_timeout(Time now);
  // Each packet that adds to a digit, and once that it is over: drain after every input.
  [[nodiscard]] std::optional<Digit> poll_digit();
  [[nodiscard]] std::optional<Time> next_timeout() const { return deadline_; }

 private:
  struct Event {
    Digit digit;                      // as last told
    std::uint32_t timestamp = 0;      // of the segment (RFC 4733 2.5.1.3)
    std::uint32_t earlier_ticks = 0;  // of the segments before this one
    std::uint32_t ticks = 0;
    bool ended = false;  // by its end packet
  };

  [[nodiscard]] bool is_late(const Header& header) const;
  [[nodiscard]] bool continues(const Header& header, char digit) const;
  void tell(bool over);
  void give_up();

  std::optional<Event> current_;
  std::optional<Time> deadline_;
  std::array<Digit, 2> outputs_{};  // one input ends an event and tells of the next at most
  std::size_t output_count_ = 0;
};

}  // namespace offhook::rtp
