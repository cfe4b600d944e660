#pragma once

#include <deque>
#include <map>
#include <unordered_map>

#include "sip/deadlines.hpp"
#include "sip/session.hpp"
#include "sip/user_agent.hpp"

namespace offhook::sip {

// The inside of UserAgent, in files beside user_agent.cpp: dispatch (requests and responses to
// where they belong), client, server and challenge (a session up to its answer), dialog (what comes
// and goes in an answered session), reinvite (ours), update, refer, reliable and reliable_answers
// (provisional responses to our INVITEs and to theirs).
class UserAgent::Impl {
 public:
  Impl(Config config, Random& random);

  // user_agent.cpp: the public face.
  void handle(const Flow& flow, Result<Message, ParseError> message, std::size_t bytes, Time now,
              std::string source);
  void handle_flow_lost(const Flow& flow, Time now);
  void handle_undelivered(const Flow& flow, std::string_view quoted, Time now);
  void handle_timeout(Time now);
  std::optional<UserAgentOutput> poll_output();
  std::optional<Time> next_timeout() const;
  std::size_t session_count() const { return visible_; }
  std::size_t transaction_count() const { return layer_.size(); }
  std::uint64_t retransmissions() const { return layer_.retransmissions() + answers_again_; }
  std::uint64_t shed() const { return layer_.shed(); }
  std::string call_id(SessionId id) const;
  TransactionId send_request(const Flow& flow, Request request, Time now);
  void respond(RequestId id, Response response, Time now);
  void update_flow(SessionId id, const Flow& flow);

  // user_agent_client.cpp
  SessionId invite(InviteRequest order, Time now);

  // user_agent_server.cpp
  void ring(SessionId id, const Identity& identity, Time now);
  void progress(SessionId id, const Identity& identity, std::string sdp, Time now);
  void accept(SessionId id, const Identity& identity, std::string sdp, Time now);
  void reject(SessionId id, std::uint16_t status, std::string_view reason, Time now);

  // user_agent_challenge.cpp
  void challenge(SessionId id, const Challenge& challenge, Time now);

  // user_agent_dialog.cpp
  void hang_up(SessionId id, std::string_view reason, Time now);

  // user_agent_reinvite.cpp
  void reinvite(SessionId id, std::string offer, Time now);

  // user_agent_refer.cpp
  void refer(SessionId id, NameAddress refer_to, Time now);
  void notify_refer(SessionId id, std::uint16_t status, std::string_view reason, bool is_final,
                    Time now);
  std::optional<SessionId> find_session(const Replaces& replaces) const;

 private:
  // ---- user_agent.cpp ----
  // Works off what the transaction layer has to say. Everything that handlers below send goes
  // through the layer, so they never re-enter each other.
  void drain(Time now);
  void transmit(const Flow& flow, Message message);
  Session& add_session(Session session);
  Session* find(SessionId id);
  // Every handler of a session ends with this: its timer is set anew, and it is forgotten where the
  // wire is quiet.
  void settle(Session& session);
  // No event about it follows.
  void hide(Session& session);
  void emit(UserAgentOutput output) { outputs_.push_back(std::move(output)); }

  // ---- user_agent_dispatch.cpp ----
  void on_request(const TransactionLayer::RequestArrived& arrived, Time now);
  void on_request_outside(const TransactionLayer::RequestArrived& arrived, Time now);
  void on_response(const TransactionLayer::ResponseArrived& arrived, Time now);
  void on_client_terminated(ClientId id);
  void on_session_timeout(Session& session, Time now);
  // Methods that the agent understands, for Allow.
  std::vector<std::string> allowed_methods() const;
  // Option tags of the user of the agent in answers over this flow; in requests none is 100rel but
  // where an INVITE asks for it.
  std::vector<std::string> extensions(const Flow& flow) const;
  bool sends_reliably() const;
  // Option tags that we know in what goes over this flow.
  std::vector<std::string> supported(const Flow& flow) const;
  // A response made by the agent itself.
  Response answer(const Request& request, std::uint16_t status);
  void refuse(const TransactionLayer::RequestArrived& arrived, std::uint16_t status, Time now);
  bool refuse_unacceptable(const TransactionLayer::RequestArrived& arrived, Time now);
  void answer_options(const TransactionLayer::RequestArrived& arrived, Time now);

  // ---- user_agent_client.cpp ----
  Request in_session(const Session& session, Request request) const;
  ClientId send_in_session(Session& session, SessionRequest request, Time now);
  void cancel(Session& session, Time now);
  void on_invite_response(Session& session, const SessionRequest& sent, ClientId id,
                          const Response& response, bool local, Time now);
  void on_invite_success(Session& session, const SessionRequest& sent, const Response& response,
                         Time now);
  void on_invite_refused(Session& session, const SessionRequest& sent, const Response& response,
                         bool local, Time now);
  // The INVITE or re-INVITE to send after a 401, 407 or 422 to `sent`.
  std::optional<SessionRequest> improved(Session& session, const SessionRequest& sent,
                                         const Response& response);
  void note_early_dialog(Session& session, const SessionRequest& sent, const Response& response);
  void forget_early_dialogs(Session& session);

  // ---- user_agent_server.cpp ----
  void on_invite(const TransactionLayer::RequestArrived& arrived, Time now);
  void on_reinvite(Session& session, const TransactionLayer::RequestArrived& arrived, Time now);
  void on_cancel(const TransactionLayer::RequestArrived& arrived, Time now);
  void on_ack(const TransactionLayer::AckArrived& arrived, Time now);
  // The policy for a session over this flow.
  std::optional<SessionTimer> timer_for(const Flow& flow) const;
  bool refuse_short_interval(const SessionTimer& timer,
                             const TransactionLayer::RequestArrived& arrived, Time now);
  // RFC 3261 14.2, RFC 3311 5.2: one after the other.
  void refuse_for_now(const TransactionLayer::RequestArrived& arrived, Time now);
  void hand_to_user(Session& session, const TransactionLayer::RequestArrived& arrived);
  const Request& unanswered_request(const Session& session) const;
  // An answer to what waits for the user, and sending the final one.
  Response session_answer(const Session& session, std::uint16_t status) const;
  ServerId give_final_answer(Session& session, const Response& response, Time now);
  void answer_provisionally(SessionId id, const Identity& identity, std::uint16_t status,
                            std::string sdp, Time now);
  void accept_now(Session& session, const Identity& identity, std::string sdp, Time now);
  // Where there is one.
  void refuse_unanswered(Session& session, std::uint16_t status, std::string_view reason, Time now);
  void retransmit_answer(Session& session, Time now);

  // ---- user_agent_dialog.cpp ----
  void on_request_inside(const TransactionLayer::RequestArrived& arrived, Time now);
  void on_bye(Session& session, const TransactionLayer::RequestArrived& arrived, Time now);
  void on_info(Session& session, const TransactionLayer::RequestArrived& arrived, Time now);
  void send_bye(Session& session, Dialog& dialog, std::string_view reason, Time now);
  // Ends a session that cannot go on; its user may have hung up already.
  void give_up(Session& session, Ended::Cause cause, Time now);
  Session* find_by_dialog(const Request& request);
  // Which one of the session that find_by_dialog() found.
  static Dialog& dialog_of(Session& session, const Request& request);
  // A device's requests come over its current connection; UDP sources are the caller's to filter.
  static bool on_flow_of(const Session& session, const Flow& flow);

  // ---- user_agent_reinvite.cpp ----
  // Sends our SDP again, or as soon as nothing of either side is under way.
  void refresh(Session& session, Time now);
  void send_reinvite(Session& session, SessionRequest request, Time now);
  void on_reinvite_response(Session& session, const SessionRequest& sent, ClientId id,
                            const Response& response, Time now);
  void on_reinvite_success(Session& session, const SessionRequest& sent, ClientId id,
                           const Response& response, Time now);
  void on_timer(Session& session, Time now);

  // ---- user_agent_update.cpp ----
  void on_update(Session& session, const TransactionLayer::RequestArrived& arrived, Time now);

  // ---- user_agent_refer.cpp ----
  void on_refer(Session& session, const TransactionLayer::RequestArrived& arrived, Time now);
  // The user's answer to a request, which may be a REFER: a 2xx makes a subscription.
  void note_refer_answer(ServerId id, Response& response, Time now);
  // Its session is over.
  void end_refer(Session& session, Time now);
  // The next NOTIFY, if any is to be sent.
  void send_notify(Session& session, Time now);
  void on_notify_response(Session& session, const SessionRequest& sent, ClientId id,
                          const Response& response, Time now);
  void on_subscription_timeout(Session& session, Time now);
  void on_refer_response(Session& session, const SessionRequest& sent, const Response& response,
                         Time now);
  void on_notify(Session& session, const TransactionLayer::RequestArrived& arrived, Time now);

  // ---- user_agent_reliable.cpp ----
  // Of a provisional response to our INVITE: whether it is one to be told, and the PRACK for it.
  bool acknowledge(Session& session, const SessionRequest& sent, const Response& response,
                   Time now);
  void on_prack_response(Session& session, const SessionRequest& sent, const Response& response,
                         Time now);

  // ---- user_agent_reliable_answers.cpp ----
  // nullptr where the INVITE does not require them.
  std::unique_ptr<ReliableAnswers> reliable_answers(const Request& invite);
  void send_reliably(Session& session, Response response, Time now);
  void on_prack(Session& session, const TransactionLayer::RequestArrived& arrived, Time now);
  void on_reliable_timeout(Session& session, Time now);

  Config config_;
  Random& random_;
  TransactionLayer layer_;
  std::map<SessionId, Session> sessions_;
  std::map<DialogId, SessionId> dialogs_;
  std::unordered_map<ServerId, SessionId> unanswered_;  // INVITEs, re-INVITEs, UPDATEs
  std::unordered_map<ServerId, SessionId> unanswered_refers_;
  std::unordered_map<ClientId, SessionRequest> own_requests_;  // in sessions
  Deadlines<SessionId> deadlines_;
  std::size_t visible_ = 0;
  std::uint64_t answers_again_ = 0;  // 2xx without an ACK
  std::uint64_t last_session_ = 0;
  std::deque<UserAgentOutput> outputs_;
};

}  // namespace offhook::sip
