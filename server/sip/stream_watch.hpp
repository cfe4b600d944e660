#pragma once

#include <optional>
#include <string>
#include <variant>

#include "base/time.hpp"

namespace offhook::sip {

// When a stream needs a ping (RFC 5626 3.5.1, 4.4.1) and when it is given up: its peer was seen to answer pings and does
// no more, says nothing at all, or does not finish a message.
//
//   state   | input           | next    | output                                                     | test
//   Quiet   | ping is due     | Pinged  | SendPing                                                   | QuietPingIsDue
//   Pinged  | bytes           | Quiet   |                                                            | PingedBytes
//   Pinged  | ping is due     | Pinged  | SendPing; the pong to the first is what counts             | PingedPingIsDue
//   Pinged  | pong is late    | Quiet   | GiveUp, where the peer answered pings before; else nothing | PingedPongIsLate
//   any     | idle too long   | same    | GiveUp                                                     | IdleTooLong
//   any     | message is late | same    | GiveUp                                                     | MessageIsLate
class StreamWatch {
 public:
  struct Config {
    std::optional<Duration> ping_every{};  // nullopt: the other side's business
    Duration pong_time{};                  // from a ping to any byte
    std::optional<Duration> idle_time{};   // without any byte; nullopt: for ever
    Duration message_time{};               // from a message's first byte to its last
  };
  struct SendPing {};
  struct GiveUp {
    std::string reason;  // "did not ..."
  };
  using Output = std::variant<SendPing, GiveUp>;

  StreamWatch(const Config& config, Time now);

  // Bytes came: did they end a message, and does one begin in them that is not whole?
  void handle_bytes(bool ended_message, bool is_within_message, Time now);
  // Those bytes were a pong and nothing else. Some peers, chan_sip among them, never send one.
  void handle_pong() { answers_pings_ = true; }
  void handle_timeout(Time now);
  [[nodiscard]] std::optional<Output> poll_output();
  [[nodiscard]] std::optional<Time> next_timeout() const;

 private:
  [[nodiscard]] std::optional<Time> idle_deadline() const;
  [[nodiscard]] std::optional<Time> message_deadline() const;

  Config config_;
  Time heard_at_;
  std::optional<Time> ping_at_;
  std::optional<Time> pong_by_;
  std::optional<Time> message_since_;
  bool answers_pings_ = false;
  std::optional<Output> output_;
};

}  // namespace offhook::sip
