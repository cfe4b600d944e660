#include <algorithm>
#include <string>
#include <vector>

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "base/limits.hpp"
#include "fuzz/target.hpp"
#include "sdp/offer_answer.hpp"

// An offer of anybody has an answer that reads as what was written, refuses all but one stream and
// takes one codec of the offer, or an error in words.
namespace offhook::fuzz {
namespace {

using namespace sdp;

const std::vector<Codec> kCodecs{Codec::Pcmu, Codec::Pcma};

void check_answer(const Session& offer, const AudioFormat& format, const Session& answer) {
  const std::string written = write(answer);
  OFFHOOK_ASSERT(answer.media.size() == offer.media.size());
  const auto streams =
      std::ranges::count_if(answer.media, [](const Media& media) { return media.port != 0; });
  OFFHOOK_ASSERT(streams == 1);
  const auto taken =
      std::ranges::find_if(answer.media, [](const Media& media) { return media.port != 0; });
  const Media& offered = offer.media[static_cast<std::size_t>(taken - answer.media.begin())];
  OFFHOOK_ASSERT(taken->type == "audio" && offered.type == "audio" && offered.port != 0);
  OFFHOOK_ASSERT(taken->mid == offered.mid && taken->protocol == offered.protocol);
  OFFHOOK_ASSERT(taken->formats.size() == (format.telephone_event ? 2 : 1));
  for (const PayloadFormat& each : taken->formats) {
    OFFHOOK_ASSERT(std::ranges::find(offered.formats, each.payload_type,
                                     &PayloadFormat::payload_type) != offered.formats.end());
  }
  const auto lines = static_cast<std::size_t>(std::ranges::count(written, '\n'));
  if (written.size() > limits::kSdpBytes || lines > limits::kSdpLines) return;
  const auto read = parse(written);
  OFFHOOK_ASSERT(read && write(*read) == written);
  OFFHOOK_ASSERT(choose_format(*read, kCodecs) == format);
}

void check_words(const Error& error) { OFFHOOK_ASSERT(!error.message.empty()); }

void answer_as_browser(const Session& offer) {
  static const BrowserLocal kLocal{
      .candidates = {*Endpoint::parse("192.0.2.7:5004"), *Endpoint::parse("[2001:db8::7]:5004")},
      .tcp_candidates = {*Endpoint::parse("192.0.2.7:5004")},
      .ice_ufrag = "lite",
      .ice_pwd = "0123456789012345678901",
      .fingerprint = {.algorithm = "sha-256", .value = Bytes(32, 0xAB)},
      .ssrc = 4'000'000'000,
      .cname = "cname1",
      .session_id = 77};
  const auto remote = read_browser(offer);
  if (!remote) return check_words(remote.error());
  const auto format = choose_format(offer, kCodecs);
  OFFHOOK_ASSERT(format);
  const Session answer = answer_browser(offer, *format, kLocal);
  check_answer(offer, *format, answer);
  const auto audio =
      std::ranges::find_if(answer.media, [](const Media& media) { return media.port != 0; });
  OFFHOOK_ASSERT(audio->setup ==
                 (remote->setup == Setup::Passive ? Setup::Active : Setup::Passive));
}

void answer_as_trunk(const Session& offer) {
  static const TrunkLocal kLocal{.rtp = {*IpAddress::parse("192.0.2.9"), 12'000}, .session_id = 78};
  const auto remote = read_trunk(offer);
  if (!remote) return check_words(remote.error());
  OFFHOOK_ASSERT(remote->rtp_port != 0 && IpAddress::parse(remote->address));
  const auto format = choose_format(offer, kCodecs);
  OFFHOOK_ASSERT(format);
  check_answer(offer, *format, answer_trunk(offer, *format, kLocal));
}

}  // namespace
}  // namespace offhook::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace offhook;
  const auto offer = sdp::parse(as_text({data, size}));
  if (!offer) return 0;
  fuzz::answer_as_browser(*offer);
  fuzz::answer_as_trunk(*offer);
  return 0;
}
