#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <optional>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "rtp/g711.hpp"
#include "rtp/packet.hpp"

namespace offhook::media {

// Where relayed audio comes from, as far as the stream that it joins must know.
struct Origin {
  std::uint64_t source = 0;  // names the sending leg
  rtp::Law law = rtp::Law::Mu;
};

// Keeps a stream from going out in bursts, which providers render as garble: up to five packets
// back to back, later ones spaced. A packet that waited 300 ms is dropped and counted: live sound
// is worth more than old sound.
class Pacer {
 public:
  static constexpr int kBurst = 5;
  // A quarter of the usual 20 ms, so that a queue drains while the stream goes on.
  static constexpr Duration kSpacing = std::chrono::milliseconds(5);
  static constexpr Duration kMaxAge = std::chrono::milliseconds(300);
  // More can not leave within kMaxAge.
  static constexpr std::size_t kMaxWaiting = kMaxAge / kSpacing;

  struct Waiting {
    Origin origin;
    rtp::Header header;
    Bytes payload;
    Time since{};
  };

  // Whether a packet may leave now; it counts as sent then. False: hold() it.
  [[nodiscard]] bool admit(Time now);
  // The oldest goes when kMaxWaiting are there.
  void hold(Waiting packet);
  [[nodiscard]] std::optional<Waiting> poll(Time now);
  [[nodiscard]] std::optional<Time> next_timeout() const;
  void clear() { waiting_.clear(); }
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

 private:
  [[nodiscard]] Time next_departure() const { return paid_until_ - (kBurst - 1) * kSpacing; }

  Time paid_until_{};           // each departure moves it on by kSpacing
  std::list<Waiting> waiting_;  // mostly empty, and then, unlike a deque, without memory of its own
  std::uint64_t dropped_ = 0;
};

}  // namespace offhook::media
