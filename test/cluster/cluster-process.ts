/** A cluster without the platform that belongs to a process of its own, which a test may kill. Argument: its folder. */
import { startCluster } from '../../tools/cluster/cluster.ts';

const [directory = ''] = process.argv.slice(2);
const cluster = await startCluster({ directory, chart: 'none' });
console.log(
  JSON.stringify({
    kubeconfig: cluster.controlPlane.kubeconfig,
    image: `${cluster.image.repository}@${cluster.image.digest}`,
  }),
);
process.once('SIGTERM', () => void cluster.stop().then(() => process.exit(0)));
