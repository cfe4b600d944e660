#pragma once

#include <cstddef>
#include <optional>

#include "base/bytes.hpp"
#include "base/limits.hpp"

namespace offhook::media {

// In front of each packet of a stream stands its length (RFC 4571 2).
inline constexpr std::size_t kFrameHeaderBytes = 2;

// Takes packets out of a stream. Holds one packet at most, in memory that is allocated with the
// first and kept.
class FrameReader {
 public:
  // The next bytes of the stream, which must stay where they are until next() says nullopt.
  void feed(ByteView bytes) { input_ = bytes; }
  // A whole packet, until the next call; nullopt: feed() more. Empty packets are left out: they are
  // legal and say nothing (RFC 4571 2).
  [[nodiscard]] std::optional<ByteView> next();
  // The stream announced a packet of more than limits::kMediaDatagramBytes. No browser does, and
  // where the next one begins is not worth waiting for: close the connection.
  [[nodiscard]] bool is_broken() const { return is_broken_; }

 private:
  // Moves bytes from input_ until frame_ has so many; false where there are not enough.
  [[nodiscard]] bool fill_up_to(std::size_t size);

  ByteView input_;
  Bytes frame_;  // header and packet, as far as they are here
  bool is_given_ = false;
  bool is_broken_ = false;
};

}  // namespace offhook::media
