#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "provider/provider_impl.hpp"
#include "sdp/sdp.hpp"

namespace offhook::provider {
namespace {

// PCMU is what the telephone network has; PCMA where nothing else is offered.
const std::vector<sdp::Codec> kCodecs{sdp::Codec::Pcmu, sdp::Codec::Pcma};
// VoIP.ms' rtp_timeout and rtp_hold_timeout: a call that falls silent is hung up.
constexpr Duration kSilenceTimeout = std::chrono::seconds(60);
constexpr Duration kHeldSilenceTimeout = std::chrono::seconds(600);
constexpr Duration kRingTime = std::chrono::seconds(60);

std::string uri_host(const IpAddress& address) {
  return address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
}

// What the far end's SDP means for our stream.
struct FarEnd {
  sdp::Session session;
  sdp::AudioFormat format;
  std::optional<Endpoint> remote;  // nullopt: it holds us
  std::optional<sdp::Crypto> key;  // its, of an encrypted account
};

Result<FarEnd> read_far_end(std::string_view body, bool encrypted) {
  auto session = sdp::parse(body);
  if (!session) return std::unexpected(session.error());
  const auto remote = sdp::read_trunk(*session);
  if (!remote) return std::unexpected(remote.error());
  // As chan_sip with encryption=yes or no.
  if (remote->insists_on_crypto != encrypted) {
    return failure(encrypted ? "it does not encrypt" : "it encrypts");
  }
  const auto format = sdp::choose_format(*session, kCodecs);
  if (!format) return std::unexpected(format.error());
  FarEnd far_end{.session = std::move(*session),
                 .format = *format,
                 .remote = std::nullopt,
                 .key = std::nullopt};
  if (encrypted) far_end.key = remote->crypto.front();
  const bool wants_media = remote->direction == sdp::Direction::SendRecv ||
                           remote->direction == sdp::Direction::RecvOnly;
  if (wants_media) far_end.remote = Endpoint{*IpAddress::parse(remote->address), remote->rtp_port};
  return far_end;
}

}  // namespace

void Provider::Impl::start(const sip::InviteReceived& invite, const Account& account,
                           const Script& script, Time now) {
  Call call{.account = account.username,
            .script = script,
            .identity = identity(invite.flow, invite.request.uri.user),
            .sdp_id = random_.next_u32()};
  if (script.answer == Script::Answer::Ring) {
    agent_.ring(invite.session, call.identity, now);
    calls_.emplace(invite.session, std::move(call));
    return;
  }
  const auto far_end = read_far_end(invite.request.body, account.encrypted);
  if (!far_end || free_ports_.empty()) {
    agent_.reject(invite.session, far_end ? 503 : 488, {}, now);
    return;
  }
  take_port(call);
  if (far_end->key) call.key = sdp::make_crypto(far_end->key->tag, far_end->key->suite, random_);
  call.answer = sdp::write(sdp::answer_trunk(far_end->session, far_end->format, local(call)));
  call.held = !far_end->remote;
  call.media.emplace(far_end->format, far_end->remote, random_);
  if (call.key) call.media->secure(*call.key, far_end->key->key_and_salt);
  Call& started = calls_.emplace(invite.session, std::move(call)).first->second;
  if (script.answer == Script::Answer::AtOnce) {
    answer(invite.session, started, now);
  } else {
    agent_.progress(invite.session, started.identity, started.answer, now);
    started.media->play(Sound::Tone, now);
    started.answer_at = now + script.early_media;
  }
}

void Provider::Impl::answer(sip::SessionId session, Call& call, Time now) {
  agent_.accept(session, call.identity, call.answer, now);
  connected(call, now);
}

void Provider::Impl::connected(Call& call, Time now) {
  call.answer_at.reset();
  call.cancel_at.reset();
  call.listening_since = now;
  if (call.script.hang_up_after != Duration::zero()) {
    call.hang_up_at = now + call.script.hang_up_after;
  }
  call.media->play(call.script.sound, now);
}

void Provider::Impl::on_reinvite(const sip::Reinvited& reinvite, Time now) {
  const auto found = calls_.find(reinvite.session);
  const bool encrypted = found != calls_.end() && found->second.key;
  const auto far_end = read_far_end(reinvite.request.body, encrypted);
  if (found == calls_.end() || !found->second.media || !far_end) {
    agent_.reject(reinvite.session, 488, {}, now);
    return;
  }
  Call& call = found->second;
  ++call.sdp_version;
  if (call.key && call.key->suite != far_end->key->suite) {
    call.key = sdp::make_crypto(far_end->key->tag, far_end->key->suite, random_);
  }
  if (call.key) call.key->tag = far_end->key->tag;
  call.answer = sdp::write(sdp::answer_trunk(far_end->session, far_end->format, local(call)));
  call.held = !far_end->remote;
  call.media->set_remote(far_end->format, far_end->remote);
  if (call.key) call.media->secure(*call.key, far_end->key->key_and_salt);
  if (call.listening_since) call.listening_since = now;
  agent_.accept(reinvite.session, call.identity, call.answer, now);
}

std::string Provider::Impl::call_account(std::string_view username, std::string_view caller_number,
                                         Time now) {
  if (shutting_down_) return "the provider is shut down";
  const Binding* binding = bindings_.find(username);
  if (binding == nullptr) return "the account is not registered";
  if (free_ports_.empty()) return "no media port is free";
  Call call{.account = std::string(username),
            .script = {.sound = Sound::Tone},
            .identity = identity(binding->flow, caller_number),
            .sdp_id = random_.next_u32(),
            .cancel_at = now + kRingTime};
  take_port(call);
  const Account* account = authenticator_.find(username);
  if (account != nullptr && account->encrypted) {
    call.key = sdp::make_crypto(1, sdp::CryptoSuite::AesCm128HmacSha1_80, random_);
  }

  // RPID as chan_sip sends it (sendrpid=yes).
  sip::NameAddress party = call.identity.local;
  party.parameters.set("party", "calling");
  party.parameters.set("privacy", "off");
  party.parameters.set("screen", "no");
  sip::NameAddress remote;
  remote.uri = binding->contact;
  const auto session = agent_.invite({.flow = binding->flow,
                                      .identity = call.identity,
                                      .target = binding->contact,
                                      .remote = remote,
                                      .route = {},
                                      .offer = sdp::write(sdp::offer_trunk(kCodecs, local(call))),
                                      .account = std::nullopt,
                                      .realm = {},
                                      .remote_party_id = party},
                                     now);
  log("calling " + call.account + " from " + sip::safe_text(caller_number));
  calls_.emplace(session, std::move(call));
  drain(now);
  return {};
}

void Provider::Impl::on_accepted(const sip::Accepted& accepted, Time now) {
  const auto found = calls_.find(accepted.session);
  if (found == calls_.end()) return;
  const auto& key = found->second.key;
  const auto far_end = read_far_end(accepted.response.body, key.has_value());
  if (!far_end) return hang_up(found, far_end.error().message, now);
  if (key && (far_end->key->tag != key->tag || far_end->key->suite != key->suite)) {
    return hang_up(found, "its key is for another offer", now);
  }
  found->second.held = !far_end->remote;
  found->second.media.emplace(far_end->format, far_end->remote, random_);
  if (key) found->second.media->secure(*key, far_end->key->key_and_salt);
  connected(found->second, now);
}

void Provider::Impl::advance(Calls::iterator found, Time now) {
  Call& call = found->second;
  if (is_due(call.cancel_at, now)) {
    hang_up(found, "nobody answered", now);
  } else if (is_due(silence_deadline(call), now)) {
    hang_up(found, "no RTP came", now);
  } else if (is_due(call.hang_up_at, now)) {
    if (call.script.call_back_after != Duration::zero()) {
      call_backs_.emplace(now + call.script.call_back_after,
                          CallBack{call.account, std::string(kCallBackFrom)});
    }
    hang_up(found, "as the number does", now);
  } else {
    if (is_due(call.answer_at, now)) answer(found->first, call, now);
    if (call.media) call.media->handle_timeout(now);
  }
}

void Provider::Impl::hang_up(Calls::iterator call, std::string_view why, Time now) {
  agent_.hang_up(call->first, {}, now);
  end(call, why);
}

void Provider::Impl::end(Calls::iterator call, std::string_view why) {
  if (call == calls_.end()) return;
  log("call of " + call->second.account + " is over: " + std::string(why));
  if (call->second.port) free_ports_.push_back(*call->second.port);
  calls_.erase(call);
}

void Provider::Impl::take_port(Call& call) {
  OFFHOOK_ASSERT(!free_ports_.empty() && !call.port);
  call.port = free_ports_.front();
  free_ports_.pop_front();
}

sip::Identity Provider::Impl::identity(const sip::Flow& flow, std::string_view user) const {
  const Endpoint& here = flow.local.address.is_unspecified() ? config_.sip : flow.local;
  sip::Identity identity;
  identity.local.display_name = sip::safe_text(user);
  identity.local.uri.user = user;
  identity.local.uri.host = uri_host(here.address);
  identity.contact.uri = identity.local.uri;
  identity.contact.uri.port = here.port;
  if (const auto transport = sip::uri_transport(flow.transport); !transport.empty()) {
    identity.contact.uri.parameters.set("transport", std::string(transport));
  }
  identity.via_host = uri_host(here.address);
  identity.via_port = here.port;
  identity.user_agent = "voip.ms";
  return identity;
}

sdp::TrunkLocal Provider::Impl::local(const Call& call) const {
  return {.rtp = config_.media_ports[*call.port],
          .session_id = call.sdp_id,
          .session_version = call.sdp_id + call.sdp_version,
          .crypto = call.key ? std::vector{*call.key} : std::vector<sdp::Crypto>()};
}

std::optional<Time> Provider::Impl::silence_deadline(const Call& call) {
  if (!call.listening_since) return std::nullopt;
  const Time heard =
      std::max(*call.listening_since, call.media->last_received().value_or(Time::min()));
  return heard + (call.held ? kHeldSilenceTimeout : kSilenceTimeout);
}

std::optional<Time> Provider::Impl::deadline(const Call& call) {
  auto next = earliest(earliest(call.answer_at, call.hang_up_at), call.cancel_at);
  next = earliest(next, silence_deadline(call));
  if (call.media) next = earliest(next, call.media->next_timeout());
  return next;
}

}  // namespace offhook::provider
