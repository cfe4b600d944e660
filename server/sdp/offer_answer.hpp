#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/endpoint.hpp"
#include "base/result.hpp"
#include "sdp/sdp.hpp"

// Offer/answer (RFC 3264) for the two kinds of leg: a browser (ICE-lite, DTLS-SRTP, one BUNDLE,
// rtcp-mux; RFC 8829 from the gateway's side) and a trunk (RTP, plain or with keys by RFC 4568). One audio stream; every
// further m= line of an offer is refused with port 0.
namespace offhook::sdp {

enum class Codec : std::uint8_t { Pcmu, Pcma };

// The codec agreed on, with the payload types that each direction uses (they are the same in both
// here: an answer keeps the offer's numbers).
struct AudioFormat {
  Codec codec = Codec::Pcmu;
  std::uint8_t payload_type = 0;
  std::optional<std::uint8_t> telephone_event{};  // 8000 Hz
  std::uint32_t packet_time_ms = 20;
  bool operator==(const AudioFormat&) const = default;
};

// What media told signal about our side of a browser leg.
struct BrowserLocal {
  std::vector<Endpoint> candidates{};      // UDP, in order of preference, at least one
  std::vector<Endpoint> tcp_candidates{};  // where we take connections, in order of preference
  std::string ice_ufrag{};
  std::string ice_pwd{};
  Fingerprint fingerprint{};
  std::uint32_t ssrc = 0;
  std::string cname{};
  std::uint64_t session_id = 0;
  std::uint64_t session_version = 1;
  // The DTLS role in force, for the answer to a re-offer: it never changes under one association
  // (RFC 8842 5.3).
  std::optional<Setup> setup{};  // Active or Passive
};

struct TrunkLocal {
  Endpoint rtp;
  std::uint64_t session_id = 0;
  std::uint64_t session_version = 1;
  // Our keys. In an offer in order of preference; in an answer the one that goes with the offer's
  // (its tag and suite). Empty: plain RTP.
  std::vector<Crypto> crypto{};
  // An offer with keys is RTP/SAVP, which nobody may answer with plain RTP. False: it is RTP/AVP,
  // and the keys are an invitation (what some call best effort).
  bool insists_on_crypto = true;
};

// The far side of a browser leg, from its offer or answer.
struct BrowserRemote {
  std::string ice_ufrag{};
  std::string ice_pwd{};
  Fingerprint fingerprint{};  // the strongest of sha-256, sha-384, sha-512
  Setup setup = Setup::Actpass;
  std::vector<Codec> codecs{};                // that it can do, in its order
  Direction direction = Direction::SendRecv;  // as the browser says it
};

struct TrunkRemote {
  std::string address{};  // an address literal (a name is refused)
  std::uint16_t rtp_port = 0;
  std::uint16_t rtcp_port = 0;
  Direction direction = Direction::SendRecv;
  std::vector<Codec> codecs{};
  // SRTP: the keys that we can use; never empty where the protocol demands it.
  std::vector<Crypto> crypto{};
  bool insists_on_crypto = false;  // RTP/SAVP
};

// Errors are sentences that a user or an operator can act on ("the browser offered none of PCMU,
// PCMA").
[[nodiscard]] Result<BrowserRemote> read_browser(const Session& remote);
[[nodiscard]] Result<TrunkRemote> read_trunk(const Session& remote);

// The format to use when `remote` (an offer or an answer) is limited to `codecs`, in our order of
// preference.
[[nodiscard]] Result<AudioFormat> choose_format(const Session& remote,
                                                const std::vector<Codec>& codecs);

// An answer to a browser: one codec and the telephone-event of its clock rate, nothing else (no CN,
// no red, no header extensions, no rtcp-fb); `setup:passive` (or `active` where the offer is
// passive); its mid and BUNDLE group.
[[nodiscard]] Session answer_browser(const Session& offer, const AudioFormat& format,
                                     const BrowserLocal& local);
// An offer to a browser: `actpass`, mid "0", all `codecs` with telephone-event 101... in this
// order.
[[nodiscard]] Session offer_browser(const std::vector<Codec>& codecs, const BrowserLocal& local);
[[nodiscard]] Session answer_trunk(const Session& offer, const AudioFormat& format,
                                   const TrunkLocal& local);
[[nodiscard]] Session offer_trunk(const std::vector<Codec>& codecs, const TrunkLocal& local);

// The direction that an answer gives to `offered` when we would like `wanted` (RFC 3264 6.1).
[[nodiscard]] Direction answer_direction(Direction offered, Direction wanted);

}  // namespace offhook::sdp
