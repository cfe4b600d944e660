#include "sdp/offer_answer.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/assert.hpp"
#include "base/text.hpp"

namespace offhook::sdp {
namespace {

constexpr std::uint8_t kOfferedTelephoneEvent = 101;
constexpr std::string_view kTelephoneEvent = "telephone-event";
constexpr std::string_view kDigitEvents = "0-15";  // RFC 4733 3.2
constexpr std::uint32_t kClockRate = 8'000;

// How an error names the far side.
constexpr std::string_view kBrowser = "the browser";
constexpr std::string_view kProvider = "the provider";

std::string_view encoding_of(Codec codec) { return codec == Codec::Pcmu ? "PCMU" : "PCMA"; }
std::uint8_t payload_type_of(Codec codec) { return codec == Codec::Pcmu ? 0 : 8; }  // RFC 3551 6

bool is(const PayloadFormat& format, std::string_view encoding) {
  return equals_ignoring_case(format.encoding, encoding) && format.clock_rate == kClockRate &&
         format.channels == 1;
}

// The stream of the call: the first audio that is wanted at all.
template <typename SessionType>
auto find_audio(SessionType& session) {
  return std::ranges::find_if(session.media, [](const Media& media) {
    return media.type == "audio" && media.port != 0 && media.protocol.contains("RTP/");
  });
}

std::vector<Codec> codecs_of(const Media& media) {
  std::vector<Codec> codecs;
  for (const PayloadFormat& format : media.formats) {
    for (const Codec codec : {Codec::Pcmu, Codec::Pcma}) {
      if (is(format, encoding_of(codec)) && std::ranges::find(codecs, codec) == codecs.end()) {
        codecs.push_back(codec);
      }
    }
  }
  return codecs;
}

PayloadFormat codec_format(Codec codec, std::uint8_t payload_type) {
  return {.payload_type = payload_type, .encoding = std::string(encoding_of(codec))};
}

PayloadFormat telephone_event_format(std::uint8_t payload_type) {
  return {.payload_type = payload_type,
          .encoding = std::string(kTelephoneEvent),
          .fmtp = std::string(kDigitEvents)};
}

std::vector<PayloadFormat> formats_of(const AudioFormat& format) {
  std::vector<PayloadFormat> formats{codec_format(format.codec, format.payload_type)};
  if (format.telephone_event) formats.push_back(telephone_event_format(*format.telephone_event));
  return formats;
}

std::vector<PayloadFormat> offered_formats(const std::vector<Codec>& codecs) {
  std::vector<PayloadFormat> formats;
  formats.reserve(codecs.size() + 1);
  for (const Codec codec : codecs) formats.push_back(codec_format(codec, payload_type_of(codec)));
  formats.push_back(telephone_event_format(kOfferedTelephoneEvent));
  return formats;
}

Candidate host_candidate(std::size_t foundation, const Endpoint& endpoint,
                         std::uint32_t local_preference) {
  constexpr std::uint32_t kHostPreference = 126;
  constexpr std::uint32_t kComponent = 1;
  return {.foundation = std::to_string(foundation),
          .component = kComponent,
          .transport = "udp",
          .priority = (kHostPreference << 24) | (local_preference << 8) | (256 - kComponent),
          .address = endpoint.address.to_string(),
          .port = endpoint.port,
          .type = "host"};
}

// Host candidates of one component, the first the best (RFC 8445 5.1.2.1), and every one with an
// address or a transport of its own, which makes a foundation (5.1.1.3). TCP comes behind UDP:
// passive, its local preference begins at 4 * 2^13 + 8191 (RFC 6544 4.2).
std::vector<Candidate> candidates_of(const BrowserLocal& local) {
  std::vector<Candidate> candidates;
  std::uint32_t preference = 65'535;
  for (const Endpoint& endpoint : local.candidates) {
    candidates.push_back(host_candidate(candidates.size() + 1, endpoint, preference--));
  }
  preference = (4U << 13U) + 8'191;
  for (const Endpoint& endpoint : local.tcp_candidates) {
    candidates.push_back(host_candidate(candidates.size() + 1, endpoint, preference--));
    candidates.back().transport = "tcp";
    candidates.back().tcp_type = "passive";
  }
  return candidates;
}

Media browser_audio(const BrowserLocal& local) {
  OFFHOOK_ASSERT(!local.candidates.empty());
  const Endpoint& first = local.candidates.front();
  return {.type = "audio",
          .port = first.port,
          .protocol = "UDP/TLS/RTP/SAVPF",
          .address = first.address.to_string(),
          .rtcp_mux = true,
          .ice_ufrag = local.ice_ufrag,
          .ice_pwd = local.ice_pwd,
          .ice_lite = true,
          .candidates = candidates_of(local),
          .end_of_candidates = true,
          .fingerprints = {local.fingerprint},
          .ssrc = local.ssrc,
          .cname = local.cname,
          .msid = "offhook audio"};
}

Media trunk_audio(const TrunkLocal& local) {
  return {.type = "audio",
          .port = local.rtp.port,
          .protocol = !local.crypto.empty() && local.insists_on_crypto ? "RTP/SAVP" : "RTP/AVP",
          .address = local.rtp.address.to_string(),
          .crypto = local.crypto};
}

Session session_of(std::uint64_t id, std::uint64_t version, const IpAddress& address) {
  return {.id = id, .version = version, .origin_address = address.to_string()};
}

// RFC 3264 6: every m= line of the offer is in the answer, in order; the refused ones with port 0.
void answer_sections(const Session& offer, const Media& audio, Session& answer) {
  const auto accepted = find_audio(offer);
  OFFHOOK_ASSERT(accepted != offer.media.end());
  for (auto section = offer.media.begin(); section != offer.media.end(); ++section) {
    if (section == accepted) {
      answer.media.push_back(audio);
      continue;
    }
    answer.media.push_back({.type = section->type,
                            .port = 0,
                            .protocol = section->protocol,
                            .formats = section->formats,
                            .other_formats = section->other_formats,
                            .address = audio.address,
                            .mid = section->mid});
  }
}

// The best of the hash functions that RFC 8122 5 leaves to us.
std::optional<Fingerprint> strongest(const std::vector<Fingerprint>& fingerprints) {
  for (const std::string_view algorithm : {"sha-512", "sha-384", "sha-256"}) {
    const auto found = std::ranges::find(fingerprints, algorithm, &Fingerprint::algorithm);
    if (found != fingerprints.end()) return *found;
  }
  return std::nullopt;
}

Setup answered_setup(const Media& offered, const BrowserLocal& local) {
  if (local.setup) return *local.setup;
  return offered.setup == Setup::Passive ? Setup::Active : Setup::Passive;
}

Error error_of(std::string_view who, std::string_view what) {
  return {std::string(who) + " " + std::string(what)};
}

// RFC 3264 8.4: before directions, hold was said by this address.
bool is_old_hold(const IpAddress& address) { return address.is_unspecified(); }

Direction held(Direction direction) {
  return direction == Direction::SendRecv || direction == Direction::SendOnly ? Direction::SendOnly
                                                                              : Direction::Inactive;
}

bool is_multicast(const IpAddress& address) {
  const std::uint8_t first = address.bytes()[0];
  return address.is_v4() ? first >= 224 && first < 240 : first == 0xFF;
}

}  // namespace

Result<BrowserRemote> read_browser(const Session& remote) {
  const auto wrong = [](std::string_view what) {
    return std::unexpected(error_of(kBrowser, what));
  };
  const auto audio = find_audio(remote);
  if (audio == remote.media.end()) return wrong("offers no audio");
  if (!audio->protocol.ends_with("RTP/SAVPF")) return wrong("does not encrypt its audio");
  if (!audio->rtcp_mux) return wrong("does not multiplex RTCP");
  if (audio->ice_ufrag.empty() || audio->ice_pwd.empty()) return wrong("sends no ICE credentials");
  if (audio->ice_lite) return wrong("is ICE-lite, as we are");
  const auto fingerprint = strongest(audio->fingerprints);
  if (!fingerprint) return wrong("sends no certificate fingerprint of SHA-256 or better");
  if (!audio->setup || *audio->setup == Setup::Holdconn) return wrong("names no DTLS role");
  const auto codecs = codecs_of(*audio);
  if (codecs.empty()) return wrong("can do none of PCMU, PCMA");
  return BrowserRemote{.ice_ufrag = audio->ice_ufrag,
                       .ice_pwd = audio->ice_pwd,
                       .fingerprint = *fingerprint,
                       .setup = *audio->setup,
                       .codecs = codecs,
                       .direction = audio->direction};
}

Result<TrunkRemote> read_trunk(const Session& remote) {
  const auto wrong = [](std::string_view what) {
    return std::unexpected(error_of(kProvider, what));
  };
  const auto audio = find_audio(remote);
  if (audio == remote.media.end()) return wrong("wants no audio");
  const bool is_plain = audio->protocol == "RTP/AVP" || audio->protocol == "RTP/AVPF";
  const bool is_secure = audio->protocol == "RTP/SAVP" || audio->protocol == "RTP/SAVPF";
  if (!is_plain && !is_secure) return wrong("wants its audio in a way that trunks have not");
  if (is_secure && audio->crypto.empty()) {
    return wrong("wants encrypted audio, but sends no key that we can use");
  }
  const auto address = IpAddress::parse(audio->address);
  if (!address) return wrong("names no address literal for its audio");
  if (is_multicast(*address)) return wrong("names a multicast address for its audio");
  const auto codecs = codecs_of(*audio);
  if (codecs.empty()) return wrong("can do none of PCMU, PCMA");
  const auto next_port = static_cast<std::uint16_t>(audio->port == 65'535 ? 0 : audio->port + 1);
  return TrunkRemote{
      .address = address->to_string(),
      .rtp_port = audio->port,
      .rtcp_port = audio->rtcp_mux ? audio->port : audio->rtcp_port.value_or(next_port),
      .direction = is_old_hold(*address) ? held(audio->direction) : audio->direction,
      .codecs = codecs,
      .crypto = audio->crypto,
      .insists_on_crypto = is_secure};
}

Result<AudioFormat> choose_format(const Session& remote, const std::vector<Codec>& codecs) {
  const auto audio = find_audio(remote);
  if (audio == remote.media.end()) return failure("there is no audio in the session description");
  for (const Codec codec : codecs) {
    const auto found = std::ranges::find_if(
        audio->formats, [codec](const auto& format) { return is(format, encoding_of(codec)); });
    if (found == audio->formats.end()) continue;
    AudioFormat format{.codec = codec, .payload_type = found->payload_type};
    const auto event = std::ranges::find_if(
        audio->formats, [](const auto& other) { return is(other, kTelephoneEvent); });
    if (event != audio->formats.end()) format.telephone_event = event->payload_type;
    const std::uint32_t packet_time = audio->packet_time_ms.value_or(20);
    // G.711 in other steps is nobody's wish; 10 to 60 ms fit into a datagram and a jitter buffer.
    if (packet_time % 10 == 0 && packet_time >= 10 && packet_time <= 60) {
      format.packet_time_ms = packet_time;
    }
    return format;
  }
  std::string wanted;
  for (const Codec codec : codecs) {
    wanted += (wanted.empty() ? "" : ", ") + std::string(encoding_of(codec));
  }
  return failure("the far side can do none of " + wanted);
}

Session answer_browser(const Session& offer, const AudioFormat& format, const BrowserLocal& local) {
  Session answer =
      session_of(local.session_id, local.session_version, local.candidates.front().address);
  const auto offered = find_audio(offer);
  OFFHOOK_ASSERT(offered != offer.media.end());
  Media audio = browser_audio(local);
  audio.protocol = offered->protocol;
  audio.formats = formats_of(format);
  audio.packet_time_ms = format.packet_time_ms;
  audio.direction = answer_direction(offered->direction, Direction::SendRecv);
  audio.setup = answered_setup(*offered, local);
  audio.mid = offered->mid;
  // RFC 9143 7.3: only what the offer bundled.
  if (std::ranges::find(offer.bundle, offered->mid) != offer.bundle.end()) {
    answer.bundle = {offered->mid};
  }
  answer_sections(offer, audio, answer);
  return answer;
}

Session offer_browser(const std::vector<Codec>& codecs, const BrowserLocal& local) {
  Session offer =
      session_of(local.session_id, local.session_version, local.candidates.front().address);
  Media audio = browser_audio(local);
  audio.formats = offered_formats(codecs);
  audio.packet_time_ms = 20;
  audio.setup = Setup::Actpass;
  audio.mid = "0";
  offer.bundle = {audio.mid};
  offer.media = {audio};
  return offer;
}

Session answer_trunk(const Session& offer, const AudioFormat& format, const TrunkLocal& local) {
  Session answer = session_of(local.session_id, local.session_version, local.rtp.address);
  const auto offered = find_audio(offer);
  OFFHOOK_ASSERT(offered != offer.media.end());
  Media audio = trunk_audio(local);
  audio.protocol = offered->protocol;
  audio.formats = formats_of(format);
  audio.packet_time_ms = format.packet_time_ms;
  audio.direction = answer_direction(offered->direction, Direction::SendRecv);
  audio.mid = offered->mid;
  const auto address = IpAddress::parse(offered->address);
  if (address && is_old_hold(*address)) {
    audio.direction = answer_direction(held(offered->direction), Direction::SendRecv);
  }
  answer_sections(offer, audio, answer);
  return answer;
}

Session offer_trunk(const std::vector<Codec>& codecs, const TrunkLocal& local) {
  Session offer = session_of(local.session_id, local.session_version, local.rtp.address);
  Media audio = trunk_audio(local);
  audio.formats = offered_formats(codecs);
  audio.packet_time_ms = 20;
  offer.media = {audio};
  return offer;
}

Direction answer_direction(Direction offered, Direction wanted) {
  const bool offers_to_send = offered == Direction::SendRecv || offered == Direction::SendOnly;
  const bool offers_to_receive = offered == Direction::SendRecv || offered == Direction::RecvOnly;
  const bool send =
      offers_to_receive && (wanted == Direction::SendRecv || wanted == Direction::SendOnly);
  const bool receive =
      offers_to_send && (wanted == Direction::SendRecv || wanted == Direction::RecvOnly);
  if (send) return receive ? Direction::SendRecv : Direction::SendOnly;
  return receive ? Direction::RecvOnly : Direction::Inactive;
}

}  // namespace offhook::sdp
