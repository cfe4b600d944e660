#include "media/engine_statistics.hpp"

namespace offhook::media {
namespace {

void add(control::RejectedPackets& to, const control::RejectedPackets& from) {
  to.set_malformed(to.malformed() + from.malformed());
  to.set_wrong_source(to.wrong_source() + from.wrong_source());
  to.set_not_ready(to.not_ready() + from.not_ready());
  to.set_not_authentic(to.not_authentic() + from.not_authentic());
  to.set_replayed(to.replayed() + from.replayed());
  to.set_unknown_payload_type(to.unknown_payload_type() + from.unknown_payload_type());
  to.set_unknown_source(to.unknown_source() + from.unknown_source());
}

}  // namespace

void add(control::SideStatistics& to, const control::SideStatistics& from) {
  to.set_packets_received(to.packets_received() + from.packets_received());
  to.set_bytes_received(to.bytes_received() + from.bytes_received());
  to.set_packets_sent(to.packets_sent() + from.packets_sent());
  to.set_bytes_sent(to.bytes_sent() + from.bytes_sent());
  to.set_packets_lost(to.packets_lost() + from.packets_lost());
  to.set_packets_dropped(to.packets_dropped() + from.packets_dropped());
  add(*to.mutable_rejected(), from.rejected());
}

void add(control::EngineStatistics& to, const control::EngineStatistics& from) {
  to.set_browser_legs(to.browser_legs() + from.browser_legs());
  to.set_trunk_legs(to.trunk_legs() + from.trunk_legs());
  to.set_bridges(to.bridges() + from.bridges());
  add(*to.mutable_browser(), from.browser());
  add(*to.mutable_trunk(), from.trunk());
  add(*to.mutable_rejected_without_leg(), from.rejected_without_leg());
}

void write_rejections(const Rejections& rejections, control::RejectedPackets& to) {
  to.set_malformed(rejections.of(Rejection::Malformed));
  to.set_wrong_source(rejections.of(Rejection::WrongSource));
  to.set_not_ready(rejections.of(Rejection::NotReady));
  to.set_not_authentic(rejections.of(Rejection::NotAuthentic));
  to.set_replayed(rejections.of(Rejection::Replayed));
  to.set_unknown_payload_type(rejections.of(Rejection::UnknownPayloadType));
  to.set_unknown_source(rejections.of(Rejection::UnknownSource));
}

}  // namespace offhook::media
