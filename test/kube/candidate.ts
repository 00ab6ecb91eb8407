// A replica in a process of its own, to be paused and woken: stands for a Lease and prints what becomes of it.
// Arguments: kubeconfig, namespace, Lease, identity. One millisecond in ten: 15/10/2 s are 1.5/1/0.2 s.
import { connect } from '../../lib/kube/connection.ts';
import { leaderElection } from '../../lib/kube/leader-election.ts';
import { hastyClock } from './hasty-clock.ts';

const [kubeconfig = '', namespace = '', name = '', identity = ''] = process.argv.slice(2);
const clock = hastyClock(10);
const connection = await connect({ kubeconfig, clock });
const election = leaderElection({
  connection,
  namespace,
  name,
  identity,
  clock,
  onLost(reason) {
    console.log(`lost: ${reason}`);
    process.exit(1);
  },
});
process.on('SIGTERM', () => {
  void election.stop().then(() => process.exit(0));
});
await election.whenLeading();
console.log('leading');
