#include "bench/media_sdp.hpp"

#include <utility>

#include "bench/process.hpp"
#include "sdp/sdp.hpp"

namespace offhook::bench {
namespace {

constexpr const char* kAddress = "127.0.0.1";

sdp::Media audio(std::uint16_t port, const char* protocol) {
  sdp::Media media;
  media.type = "audio";
  media.port = port;
  media.protocol = protocol;
  media.formats = {{.payload_type = 0, .encoding = "PCMU"}};
  media.address = kAddress;
  return media;
}

sdp::Media audio_of(const std::string& text) {
  auto session = sdp::parse(text);
  if (!session || session->media.empty()) give_up("the target's SDP makes no sense:\n" + text);
  return session->media.front();
}

}  // namespace

std::string browser_offer(const MediaCall& call) {
  const Endpoint& local = call.browser_socket().local();
  sdp::Media media = audio(local.port, "UDP/TLS/RTP/SAVPF");
  media.mid = "0";
  media.rtcp_mux = true;
  media.setup = sdp::Setup::Actpass;
  media.ice_ufrag = call.peer().ice().ufrag;
  media.ice_pwd = call.peer().ice().pwd;
  media.fingerprints = {{call.peer().fingerprint().algorithm, call.peer().fingerprint().value}};
  media.candidates = {{.foundation = "1",
                       .transport = "udp",
                       .priority = 2'130'706'431,
                       .address = kAddress,
                       .port = local.port,
                       .type = "host"}};
  sdp::Session session;
  session.media.push_back(std::move(media));
  return sdp::write(session);
}

std::string far_end_answer(const MediaCall& call, const Endpoint& rtcp) {
  sdp::Media media = audio(call.far_socket().local().port, "RTP/AVP");
  media.rtcp_port = rtcp.port;
  sdp::Session session;
  session.media.push_back(std::move(media));
  return sdp::write(session);
}

sim::GatewaySide gateway_side_of(const std::string& answer) {
  const sdp::Media media = audio_of(answer);
  if (media.fingerprints.empty() || media.ice_pwd.empty() || media.candidates.empty()) {
    give_up("an answer without DTLS, ICE or candidates:\n" + answer);
  }
  const auto address = IpAddress::parse(media.candidates[0].address);
  if (!address) give_up("a candidate without an address:\n" + answer);
  return {.candidate = {*address, media.candidates[0].port},
          .ice = {.ufrag = media.ice_ufrag, .pwd = media.ice_pwd},
          .fingerprint = {.algorithm = media.fingerprints[0].algorithm,
                          .value = media.fingerprints[0].value}};
}

std::uint16_t rtp_port_of(const std::string& offer) { return audio_of(offer).port; }

}  // namespace offhook::bench
