#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/endpoint.hpp"
#include "base/time.hpp"
#include "control/control.pb.h"

namespace offhook::sim {

// A datagram of media on its way.
struct MediaPacket {
  Endpoint from;
  Endpoint to;
  Bytes bytes;
};

// The media process of a world: one that keeps books (ScriptedMedia) or the real engine
// (EngineMedia).
class MediaPlane {
 public:
  virtual ~MediaPlane() = default;

  virtual void handle(const control::Command& command, Time now) = 0;
  virtual void handle_packet(MediaPacket packet, Time now) = 0;
  virtual void handle_timeout(Time now) = 0;
  [[nodiscard]] virtual std::optional<control::Event> poll_event() = 0;
  [[nodiscard]] virtual std::optional<MediaPacket> poll_packet() = 0;
  [[nodiscard]] virtual std::optional<Time> next_timeout() const = 0;

  // kill -9 and a new process: everything is forgotten.
  virtual void restart() = 0;
  [[nodiscard]] virtual std::size_t leg_count() const = 0;
  [[nodiscard]] virtual std::size_t bridge_count() const = 0;
  // What signal asked for and must never ask for.
  [[nodiscard]] virtual const std::vector<std::string>& faults() const = 0;
};

}  // namespace offhook::sim
