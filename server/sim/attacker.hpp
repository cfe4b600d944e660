#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/random.hpp"
#include "ice/stun.hpp"

namespace offhook::sim {

// What strangers send to media ports: datagrams that look like the real ones.
class Attacker {
 public:
  explicit Attacker(std::uint64_t seed) : random_(seed) {}

  // An ICE check as a browser's, with USE-CANDIDATE.
  [[nodiscard]] Bytes check(std::string_view username, std::string_view password);
  [[nodiscard]] Bytes check(std::string_view username, std::string_view password,
                            const ice::TransactionId& id);
  // PCMU of the stream that a call has just now, so that only its origin tells it apart.
  [[nodiscard]] Bytes rtp(std::uint32_t ssrc, std::uint16_t sequence);
  // A sender report, or (`bye`) the end of the stream.
  [[nodiscard]] Bytes rtcp(std::uint32_t ssrc, bool bye);
  [[nodiscard]] static Bytes client_hello();
  [[nodiscard]] Bytes garbage(std::size_t bytes);
  // One of each, and each with a changed byte, a missing end and a longer one.
  [[nodiscard]] std::vector<Bytes> one_of_each(std::uint32_t ssrc, std::uint16_t sequence);
  // `bytes` with one to eight of them changed, or some taken away or added at the end.
  [[nodiscard]] Bytes mutate(Bytes bytes);

  [[nodiscard]] Random& random() { return random_; }

 private:
  SeededRandom random_;
};

}  // namespace offhook::sim
