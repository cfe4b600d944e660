#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "control/message.hpp"
#include "control/validate.hpp"
#include "media/engine_impl.hpp"
#include "media/engine_statistics.hpp"

// What signal asks for, one function a command. Each may come twice and says the same both times.
namespace offhook::media {
namespace {

// 64 characters an id: a page stays under a third of limits::kControlMessageBytes.
constexpr int kLegsPerPage = 256;
// Sockets' ids index a table: two for each of the 32,768 port pairs that there can be, and room for
// who counts on.
constexpr SocketId kMaxSocketId = 1U << 20U;

void fail(control::Event& reply, control::CommandFailed::Code code, const std::string& leg_id,
          std::string message) {
  control::CommandFailed& failed = *reply.mutable_command_failed();
  failed.set_code(code);
  failed.set_leg_id(leg_id);
  failed.set_message(std::move(message));
}

void fail_unknown_leg(control::Event& reply, const std::string& leg_id) {
  fail(reply, control::CommandFailed::UNKNOWN_LEG, leg_id, "there is no leg " + leg_id);
}

void set_address(const Endpoint& endpoint, control::Address& address) {
  address.set_ip(endpoint.address.to_string());
  address.set_port(endpoint.port);
}

void finish(control::Event& reply, const std::string& leg_id, const Result<void>& result) {
  if (result) {
    reply.mutable_done();
  } else {
    fail(reply, control::CommandFailed::INVALID, leg_id, result.error().message);
  }
}

}  // namespace

void Engine::Impl::handle_command(const control::Command& command, Time now) {
  close_ports();
  control::Event reply;
  reply.set_in_reply_to(command.sequence());
  if (const auto valid = control::validate(command); !valid) {
    fail(reply, control::CommandFailed::INVALID, "", valid.error().message);
  } else if (command.kind_case() == control::Command::kList) {
    return list(command.sequence());
  } else {
    run(command, reply, now);
  }
  outbox_.report(std::move(reply));
}

void Engine::Impl::run(const control::Command& command, control::Event& reply, Time now) {
  switch (command.kind_case()) {
    case control::Command::kHello:
      reply.mutable_hello()->set_version(control::kVersion);
      reply.mutable_hello()->set_software(config_.software);
      for (const auto& [leg_id, leg] : legs_) leg->forget_digit_sequence();
      return;
    case control::Command::kAllocateLeg:
      return allocate(command.allocate_leg(), reply, now);
    case control::Command::kBridge:
      return bridge(command.bridge(), reply, now);
    case control::Command::kUnbridge:
      unbridge(command.unbridge().bridge_id());
      reply.mutable_done();
      return;
    case control::Command::kRenewLease:
      return renew(command.renew_lease(), reply, now);
    case control::Command::kRelease:
      if (Leg* leg = find(command.release().leg_id())) leg->say_goodbye(now);
      release(command.release().leg_id());
      reply.mutable_done();
      return;
    case control::Command::kGetEngineStatistics:
      *reply.mutable_engine_statistics() = statistics();
      return;
    case control::Command::kSetRemote:
      return run_on_leg(command, command.set_remote().leg_id(), reply, now);
    case control::Command::kPlay:
      return run_on_leg(command, command.play().leg_id(), reply, now);
    case control::Command::kStopPlaying:
      return run_on_leg(command, command.stop_playing().leg_id(), reply, now);
    case control::Command::kSendDigit:
      return run_on_leg(command, command.send_digit().leg_id(), reply, now);
    case control::Command::kGetStatistics:
      return run_on_leg(command, command.get_statistics().leg_id(), reply, now);
    case control::Command::kList:  // both were dealt with before
    case control::Command::KIND_NOT_SET:
      OFFHOOK_ASSERT(false);
  }
}

void Engine::Impl::run_on_leg(const control::Command& command, const std::string& leg_id,
                              control::Event& reply, Time now) {
  Leg* leg = find(leg_id);
  if (leg == nullptr) return fail_unknown_leg(reply, leg_id);
  leg->renew_lease(now);
  switch (command.kind_case()) {
    case control::Command::kSetRemote:
      finish(reply, leg_id, leg->set_remote(command.set_remote(), now));
      break;
    case control::Command::kPlay:
      leg->play(command.play(), config_.hold_music.get(), now);
      reply.mutable_done();
      break;
    case control::Command::kStopPlaying:
      leg->stop_playing(now);
      reply.mutable_done();
      break;
    case control::Command::kSendDigit:
      finish(reply, leg_id, leg->send_digit(command.send_digit(), command.sequence(), now));
      break;
    default:
      *reply.mutable_leg_statistics() = leg->statistics();
      break;
  }
  schedule(*leg);
}

void Engine::Impl::allocate(const control::AllocateLeg& command, control::Event& reply, Time now) {
  Leg* leg = find(command.leg_id());
  if (leg == nullptr) {
    auto made = make_leg(command, now);
    if (!made) {
      return fail(reply, control::CommandFailed::NO_RESOURCES, command.leg_id(),
                  made.error().message);
    }
    leg = legs_.emplace(command.leg_id(), std::move(*made)).first->second.get();
  } else if (leg->side() != command.side()) {
    return fail(reply, control::CommandFailed::INVALID, command.leg_id(),
                "leg " + command.leg_id() + " exists on the other side");
  } else {
    leg->renew_lease(now);
  }
  restart_ice(*leg, command.ice_generation(), now);
  describe(*leg, *reply.mutable_leg_allocated());
  schedule(*leg);
}

Result<std::unique_ptr<Leg>> Engine::Impl::make_leg(const control::AllocateLeg& command, Time now) {
  if (legs_.size() >= config_.max_legs) {
    return failure("all " + std::to_string(config_.max_legs) + " legs are in use");
  }
  const std::uint64_t number = next_leg_number_++;
  if (command.side() == control::AllocateLeg::BROWSER) {
    auto leg = std::make_unique<BrowserLeg>(command.leg_id(), number, make_credentials(), dtls_,
                                            outbox_, *random_, now);
    browsers_.add(*leg);
    return leg;
  }
  const auto ports = ports_->open();
  if (!ports) return std::unexpected(ports.error());
  const SocketId last = std::max(ports->rtp_socket, ports->rtcp_socket);
  OFFHOOK_ASSERT(last < kMaxSocketId);
  auto leg =
      std::make_unique<TrunkLeg>(command.leg_id(), number, *ports_, *ports, outbox_, *random_, now);
  if (trunk_legs_.size() <= last) trunk_legs_.resize(last + 1);
  trunk_legs_[ports->rtp_socket] = leg.get();
  trunk_legs_[ports->rtcp_socket] = leg.get();
  return leg;
}

ice::Credentials Engine::Impl::make_credentials() const {
  auto credentials = ice::Credentials::make(*random_);
  while (browsers_.find_by_ufrag(credentials.ufrag) != nullptr) {
    credentials = ice::Credentials::make(*random_);
  }
  return credentials;
}

void Engine::Impl::restart_ice(Leg& leg, std::uint32_t generation, Time now) {
  if (leg.side() != control::AllocateLeg::BROWSER) return;
  auto& browser = static_cast<BrowserLeg&>(leg);
  if (generation <= browser.ice_generation()) return;
  browsers_.restart_ice(browser, make_credentials(), generation, now);
}

void Engine::Impl::describe(const Leg& leg, control::LegAllocated& allocated) const {
  leg.describe(allocated);
  if (leg.side() != control::AllocateLeg::BROWSER) return;
  for (const Endpoint& candidate : config_.browser_candidates) {
    set_address(candidate, *allocated.add_candidates());
  }
  for (const Endpoint& candidate : config_.browser_tcp_candidates) {
    set_address(candidate, *allocated.add_tcp_candidates());
  }
  allocated.set_ice_generation(static_cast<const BrowserLeg&>(leg).ice_generation());
  allocated.set_fingerprint_algorithm("sha-256");
  allocated.set_fingerprint(std::string(as_text(fingerprint_)));
}

void Engine::Impl::bridge(const control::Bridge& command, control::Event& reply, Time now) {
  Leg* a = find(command.leg_a());
  Leg* b = find(command.leg_b());
  if (a == nullptr) return fail_unknown_leg(reply, command.leg_a());
  if (b == nullptr) return fail_unknown_leg(reply, command.leg_b());
  for (Leg* leg : {a, b}) {
    leg->renew_lease(now);
    schedule(*leg);
  }
  reply.mutable_done();
  if (a->bridge_id() == command.bridge_id() && a->peer() == b) return;
  unbridge(command.bridge_id());
  unbridge(std::string(a->bridge_id()));
  unbridge(std::string(b->bridge_id()));
  a->join(command.bridge_id(), *b);
  b->join(command.bridge_id(), *a);
  bridges_.insert_or_assign(command.bridge_id(), BridgedLegs{a, b});
}

void Engine::Impl::unbridge(const std::string& bridge_id) {
  const auto found = bridges_.find(bridge_id);
  if (found == bridges_.end()) return;
  found->second.a->leave_bridge();
  found->second.b->leave_bridge();
  bridges_.erase(found);
}

void Engine::Impl::renew(const control::RenewLease& command, control::Event& reply, Time now) {
  reply.mutable_done();
  for (const std::string& leg_id : command.leg_id()) {
    if (Leg* leg = find(leg_id)) {
      leg->renew_lease(now);
      schedule(*leg);
    } else if (!reply.has_command_failed()) {
      fail_unknown_leg(reply, leg_id);  // the first; the others are renewed all the same
    }
  }
}

void Engine::Impl::release(const std::string& leg_id) {
  const auto found = legs_.find(leg_id);
  if (found == legs_.end()) return;
  Leg& leg = *found->second;
  unbridge(std::string(leg.bridge_id()));
  timers_.remove(leg.timer());
  if (leg.side() == control::AllocateLeg::BROWSER) {
    browsers_.remove(static_cast<BrowserLeg&>(leg));
    add(*released_.mutable_browser(), leg.totals());
  } else {
    const TrunkPorts::Pair ports = static_cast<TrunkLeg&>(leg).ports();
    trunk_legs_[ports.rtp_socket] = nullptr;
    trunk_legs_[ports.rtcp_socket] = nullptr;
    closing_.push_back(ports);
    add(*released_.mutable_trunk(), leg.totals());
  }
  legs_.erase(found);
}

void Engine::Impl::close_ports() {
  for (const TrunkPorts::Pair& pair : std::exchange(closing_, {})) ports_->close(pair);
}

control::EngineStatistics Engine::Impl::statistics() const {
  control::EngineStatistics statistics = released_;
  // A late packet is one lost less: what is said of losses would shrink.
  const auto counted = [](const Leg& leg) {
    control::SideStatistics totals = leg.totals();
    totals.clear_packets_lost();
    return totals;
  };
  for (const auto& [leg_id, leg] : legs_) {
    if (leg->side() == control::AllocateLeg::BROWSER) {
      statistics.set_browser_legs(statistics.browser_legs() + 1);
      add(*statistics.mutable_browser(), counted(*leg));
    } else {
      statistics.set_trunk_legs(statistics.trunk_legs() + 1);
      add(*statistics.mutable_trunk(), counted(*leg));
    }
  }
  statistics.set_bridges(static_cast<std::uint32_t>(bridges_.size()));
  write_rejections(rejections_, *statistics.mutable_rejected_without_leg());
  return statistics;
}

void Engine::Impl::list(std::uint64_t sequence) {
  auto next = legs_.begin();
  do {
    control::Event page;
    page.set_in_reply_to(sequence);
    control::LegList& list = *page.mutable_leg_list();
    for (; next != legs_.end() && list.leg_id_size() < kLegsPerPage; ++next) {
      list.add_leg_id(next->first);
    }
    list.set_total(static_cast<std::uint32_t>(legs_.size()));
    list.set_bridges(static_cast<std::uint32_t>(bridges_.size()));
    list.set_more(next != legs_.end());
    outbox_.report(std::move(page));
  } while (next != legs_.end());
}

Leg* Engine::Impl::find(const std::string& leg_id) const {
  const auto found = legs_.find(leg_id);
  return found == legs_.end() ? nullptr : found->second.get();
}

}  // namespace offhook::media
