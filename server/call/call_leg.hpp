#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "call/trunk_keys.hpp"
#include "control/control.pb.h"
#include "sdp/offer_answer.hpp"

namespace offhook::call {

// One side of a call: a SIP session with a device or over a trunk, a media leg, and what SDP has
// said of both.
struct CallLeg {
  enum class Session : std::uint8_t { None, Incoming, Outgoing, Established, Over };
  enum class Media : std::uint8_t { None, Allocating, Allocated, Released };

  [[nodiscard]] bool is_trunk() const { return keys.has_value(); }

  Session session = Session::None;
  Media media = Media::None;
  std::string id{};
  bool media_connected = false;
  std::optional<control::SetRemote> remote{};  // as last told to media

  // Of a trunk's:
  std::optional<TrunkKeys> keys{};
  sdp::TrunkLocal trunk{};

  // Of a device's:
  sdp::BrowserLocal browser{};
  std::string answer{};              // to who calls: the one SDP of 183 and 200
  bool dtls_active = false;          // our role, for the life of the association
  std::uint32_t ice_generation = 0;  // how often it has restarted ICE
  // Waits for our credentials of this generation.
  std::optional<sdp::Session> restart_offer{};
};

}  // namespace offhook::call
