// Package worker is the agent on a machine that gives some of itself to a mesh.
//
// An Agent speaks for one membership: it tells the host every two seconds, and at each change, all that it holds and
// gives; it takes jobs, decides by this machine's own donations.vox whether they may run, runs them, and repeats each
// result until the host says that it is durable. What the host says is a wish: only the policy of this machine admits.
//
// Promised:
//   - every message may be lost, repeated or overtaken: an assignment is known by (job, attempt), a report says all;
//   - a job stops, with every process behind it, when the host cancels it, when its time is over, when the agent ends,
//     and when the host has been silent for longer than a lease allows; what was stopped for silence or by the agent's
//     end is never reported as done;
//   - a module, an input or a prompt is used only if its SHA-256 is the one that was asked for;
//   - a policy that cannot be read leaves the last good one in force; without one nothing is admitted;
//   - outside the hours that a policy gives, and while the owner needs the machine, nothing is admitted; what runs may
//     finish within a grace and then goes back to the queue, which is no fault of it (see OwnerWatch for what is seen);
//   - a panic in one job ends that job alone;
//   - a host whose audit log became shorter, or other than it was, is told on aloud (see AuditPin);
//   - an answer to a join that got lost costs nothing: the key was stored before it was sent, and is used again.
//
// Crew runs an Agent for each membership of a data folder, with one set of Slots: what is given is given once, however
// many meshes this machine has joined. Lock keeps two crews of one folder apart. Join and Preview bring an invite to its
// host; List, Find and Remove are the memberships.
package worker
