#pragma once

#include <chrono>
#include <cstddef>

// Every bound of the program, with its reason. Each has a test that goes one over.
namespace offhook::limits {

// RFC 3261 18.1.1 lets UDP carry 65,535 bytes; browsers' INVITEs are 3 to 6 kB and no real message comes near this.
inline constexpr std::size_t kSipMessageBytes = 65'535;
// Real messages have 15 to 40 header lines; a hundred Via or Route lines is a loop or an attack.
inline constexpr std::size_t kSipHeaderLines = 128;
// One header line: the longest seen is a digest Authorization of some 600 bytes.
inline constexpr std::size_t kSipHeaderLineBytes = 8'192;
// Elements of one list header (Via, Route, Contact, Allow, ...), over all its lines: 2 to 20 in real messages.
inline constexpr std::size_t kSipListElements = 64;
// Parameters of one element, URI or digest header: a browser's Contact has 8, a digest answer 10.
inline constexpr std::size_t kSipParameters = 32;
// A device's +sip.instance, which the registrar keeps: a UUID as URN has 47 bytes.
inline constexpr std::size_t kSipInstanceBytes = 256;
// A call is 4 to 8 transactions, the last of which linger for 32 s (RFC 3261 timers D, J, L, M): 1,000 calls and their
// set-up at 20 a second stay far below. The last quarter is for requests of calls under way.
inline constexpr std::size_t kSipTransactions = 40'000;
// What they hold: an ordinary one some 4 kB, the answer to a message of 64 kB with thousands of parameters up to 300 kB.
// The last quarter is for calls under way, too.
inline constexpr std::size_t kSipTransactionBytes = 256U << 20U;
// Requests that begin something, of one source (a trunk's address, a user): 20 calls a second, and 30 others; more where
// [dial] lets a user begin more calls. At once: the devices of a busy user that come back after a break.
inline constexpr std::size_t kSipRequestsPerSecond = 50;
inline constexpr std::size_t kSipRequestsAtOnce = 250;
// To one source, of answers that keep no state and answers given again: a hundred a second, as after a break of the line.
inline constexpr std::size_t kSipUnprovenBytesPerSecond = 65'536;
inline constexpr std::size_t kSipUnprovenBytesAtOnce = 65'536;
// Sources that are told apart: trunks' addresses and users, some 200 bytes each.
inline constexpr std::size_t kSipSources = 4'096;
// RFC 3261 18.1.1: a request that is longer goes over a stream where the path's MTU is unknown.
inline constexpr std::size_t kSipDatagramBytes = 1'300;
// Servers that one INVITE is offered to, and the ways to them: each may take half a minute to fail.
inline constexpr std::size_t kInviteTargets = 4;
// How many destinations may answer one INVITE with a 2xx: a provider forks to the few phones of an account.
inline constexpr std::size_t kSipForks = 8;
// Provisional responses that wait for the PRACK of an earlier one: ringing, early media, and a change or two.
inline constexpr std::size_t kSipReliableAnswers = 8;
// How many challenges to one request are answered: a nonce may go stale on the way, and again; then it is a loop.
inline constexpr std::size_t kDigestAttempts = 3;
// How often a session timer's interval is raised for one request: once for the proxy on the way, once for the far side.
inline constexpr std::size_t kSessionTimerRaises = 2;
// Records of one DNS answer: real ones have one to eight.
inline constexpr std::size_t kDnsRecords = 32;
// DNS questions that wait for name servers: a hundred trunks that start together ask some ten each.
inline constexpr std::size_t kDnsQuestions = 1'000;
// SRV records followed and addresses tried for one server: each that is dead costs a timeout of 32 s.
inline constexpr std::size_t kSipTargetsPerServer = 16;
// Targets of one trunk whose failures are remembered: all of four servers at their limit.
inline constexpr std::size_t kSipOutages = 64;
// Realms of one account whose algorithm is remembered: each POP of a provider may have its own.
inline constexpr std::size_t kDigestRealms = 32;
// TCP and TLS connections that others opened to us. A provider has one or two; the kernel holds at the worst
// kStreamKernelBytes twice for each (128 MB for all), we ourselves a message and a queue.
inline constexpr std::size_t kSipConnections = 1'000;
// Of those from one IPv4 address or IPv6 /64, so that one host cannot take them all.
inline constexpr std::size_t kSipConnectionsPerSource = 32;
// SIP messages that wait for a peer which does not read, or for a connection under way: some hundred.
inline constexpr std::size_t kSipConnectionQueueBytes = 262'144;
// SO_RCVBUF and SO_SNDBUF of such a connection; the kernel takes twice as much. By itself it would go up to 6 MB.
inline constexpr std::size_t kStreamKernelBytes = 32'768;
// Until the peer takes the connection; then until TLS stands. A second SYN goes out after 1 s, a third after 3 s.
inline constexpr std::chrono::seconds kStreamConnectTime{5};
inline constexpr std::chrono::seconds kTlsHandshakeTime{5};
// From our last byte to the peer's closing.
inline constexpr std::chrono::seconds kStreamCloseTime{2};
// What we sent is acknowledged by then, or the connection is dead (TCP_USER_TIMEOUT): just before a transaction's 32 s.
inline constexpr std::chrono::seconds kStreamSilence{30};
// From the first byte of a SIP message to the last: longer, and its sender's transaction is over (RFC 3261 17.1).
inline constexpr std::chrono::seconds kSipMessageTime{32};
// A connection that others opened and do not use; those who want to keep one ping it every 2 minutes (RFC 5626 4.4.1).
inline constexpr std::chrono::seconds kSipIdleTime{600};
// From our ping to any byte of a peer that answers pings (RFC 5626 4.4.1).
inline constexpr std::chrono::seconds kSipPongTime{10};
// Offers of Firefox with one audio line are 3 kB; video and data channels, which we refuse, bring 12 kB.
inline constexpr std::size_t kSdpBytes = 32'768;
inline constexpr std::size_t kSdpLines = 1'024;
// What waits in a UDP socket of ours for the loop: 400 ms of 10,000 datagrams a second, as far as the system lets us.
inline constexpr int kUdpReceiveBytes = 4 << 20;
// A control message travels whole over SOCK_SEQPACKET, which refuses more than about 200 kB.
inline constexpr std::size_t kControlMessageBytes = 65'536;
// Waiting for a peer that does not read: a thousand calls' events of some seconds. More means the peer hangs.
inline constexpr std::size_t kControlQueueBytes = 4U << 20U;
// An Ethernet frame; what is larger was not sent by a browser or a provider.
inline constexpr std::size_t kMediaDatagramBytes = 2'048;
// TCP connections of browsers to one worker. A call in a network without UDP has one or two, and a browser opens them beside UDP and
// drops them when that works. The kernel holds at the worst kBrowserConnectionKernelBytes four times for each (128 MB for all), we 2 kB.
inline constexpr std::size_t kBrowserConnections = 2'000;
// Of them from one IPv4 address or IPv6 /64: the calls of an office behind one address.
inline constexpr std::size_t kBrowserConnectionsPerSource = 200;
// From a connection to its first authenticated check: a browser sends it at once, and again for some seconds where it is lost.
inline constexpr std::chrono::seconds kBrowserConnectionProofTime{10};
// SO_RCVBUF and SO_SNDBUF of such a connection: a second and more of a call. What is older need not arrive.
inline constexpr int kBrowserConnectionKernelBytes = 16'384;
// DTLS handshakes that are half open in one engine, 64 kB each: at 2,000 a second a browser 250 ms away has the place for half a
// second. More come together only after a break of the line, and wait for the others.
inline constexpr std::size_t kDtlsHandshakes = 500;
// A thread a processor, each with a browser port to be opened in the firewall.
inline constexpr std::size_t kMediaWorkers = 64;
// Names that signal makes of users' names, which are not longer.
inline constexpr std::size_t kMediaGroupBytes = 256;
// An operator's music on hold: nobody holds longer before it begins again, and it is kept as 480 kB a minute.
inline constexpr std::chrono::minutes kMusicLength{10};
// Its file: ten minutes at 48 kHz, 16 bits, two channels are 115 MB.
inline constexpr std::size_t kMusicFileBytes = 128U << 20U;

// The longest international number is 15 digits (E.164) behind an access code; star codes add a few.
inline constexpr std::size_t kDialledDigits = 32;
// Of a user at once, unless configured otherwise. One person talks to one or two; ten leave room for several devices.
inline constexpr std::size_t kCallsPerUser = 10;
// Calls that one user may begin in a minute, unless configured otherwise: a person who dials again and again has ten, a
// program that was let loose hundreds.
inline constexpr std::size_t kCallsAMinute = 60;
// RFC 3428 8: of a whole MESSAGE, since nobody knows whether the way behind the provider copes with more.
inline constexpr std::size_t kTextRequestBytes = 1'300;
// Of the text of a MESSAGE from a provider: a message of ten SMS in three bytes a character is 4.6 kB.
inline constexpr std::size_t kTextBytes = 8'192;
// Text messages on their way, of all users together: what fifty people and programs write within their 20 s.
inline constexpr std::size_t kTexts = 1'000;
// Of one trunk in any minute, messages and changes of its mailbox: each goes to all devices of a user. People get some.
inline constexpr std::size_t kTextsAMinute = 120;
// From a MESSAGE to our answer: whoever sent it waits for 32 s (RFC 3261 timer F), and the answer may have to be asked for again.
inline constexpr std::chrono::seconds kTextPatience{20};
// Addresses that a provider's name had before, from which calls under way may still be ended: a few POPs that take turns.
inline constexpr std::size_t kTrunkFormerSources = 16;
// Nobody talks longer on purpose; a call that nobody ended costs money by the minute.
inline constexpr std::chrono::hours kCallLength{4};

// Traces of calls. A message without its secrets has 0.5 to 1.5 kB; what is longer was sent to be long.
inline constexpr std::size_t kTraceMessageBytes = 4'096;
// A call has 15 to 30 messages. Beyond, the first and the last half are kept: how it began and how it ended.
inline constexpr std::size_t kTraceMessages = 128;
// Calls that are over, for whoever looks after a complaint; and INVITEs refused at once, apart from them, so that a flood of those
// pushes no call out.
inline constexpr std::size_t kTracedCalls = 200;
inline constexpr std::size_t kTracedRefusals = 50;
// All traces together: a thousand calls under way have some 14 MB.
inline constexpr std::size_t kTraceBytes = 16'777'216;
// REGISTERs and their answers, for each trunk: the last four times with a challenge.
inline constexpr std::size_t kTraceRegisterMessages = 16;

// HTTP. A browser's request has some 800 bytes of headers; the API's bodies are empty or a few words.
inline constexpr std::size_t kHttpHeaderBytes = 16'384;
inline constexpr std::size_t kHttpBodyBytes = 4'096;
// From the first byte of a request to its last: longer is a broken network or somebody who holds connections.
inline constexpr std::chrono::seconds kHttpRequestTime{10};
// How long a connection may lie idle between requests; browsers open a new one without anybody noticing.
inline constexpr std::chrono::seconds kHttpIdleTime{30};
// Open HTTP connections and WebSockets together: 5,000 phones, and as many connections for what their pages fetch. An
// idle one costs some 20 kB here and in the kernel.
inline constexpr std::size_t kHttpConnections = 10'000;
// Of them from one address (of IPv6 one /64), so that one machine does not take all: an office of 300 pages behind one
// address has some 1,000 while it arrives.
inline constexpr std::size_t kHttpConnectionsPerAddress = 1'000;
// The built page, with its compressed copies, is 2 MB; it is kept in memory.
inline constexpr std::size_t kWebFiles = 1'000;
inline constexpr std::size_t kWebBytes = 67'108'864;
// Sessions of users, tickets for the next WebSocket.
inline constexpr std::size_t kSessions = 10'000;
inline constexpr std::chrono::hours kSessionTime{12};
inline constexpr std::size_t kTickets = 10'000;
inline constexpr std::chrono::seconds kTicketTime{30};
// SIP messages that wait for a browser which does not read: a second of the busiest call is ten of them.
inline constexpr std::size_t kWebSocketQueueBytes = 1'048'576;
// A WebSocket on which nothing comes, no answer to our ping either (sent after half of it), is dead.
inline constexpr std::chrono::seconds kWebSocketSilence{30};

}  // namespace offhook::limits
