// Calls the tool 'echo' in the ways that foreign clients may, and prints the decoded results as one
// JSON object, by the name of the way. Arguments: the broker, the registry, partitions of tool.calls.
import { randomUUID } from 'node:crypto'
import { Kafka, logLevel } from 'kafkajs'
import { COMPATIBILITY, SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry'

const [broker, host, partitions] = process.argv.slice(2)
const SUBJECT = 'tool.calls-value'
const registry = new SchemaRegistry({ host })
const kafka = new Kafka({ brokers: [broker], logLevel: logLevel.WARN })
const producer = kafka.producer()
const consumer = kafka.consumer({ groupId: randomUUID() })

const latest = await registry.getLatestSchemaId(SUBJECT)
// The library would set its own default of BACKWARD as the subject's level.
const { id: own } = await registry.register(
  {
    type: SchemaType.AVRO,
    schema: JSON.stringify({
      type: 'record',
      name: 'ToolCall',
      namespace: 'io.millrace.events',
      fields: ['id', 'target', 'arguments'].map((name) => ({ name, type: 'string' })),
    }),
  },
  { subject: SUBJECT, compatibility: COMPATIBILITY.FULL_TRANSITIVE },
)

const ways = new Map()
const messages = []
async function add(way, schema, call, message = {}) {
  const id = randomUUID()
  ways.set(id, way)
  const value = await registry.encode(schema, { id, ...call })
  messages.push({ key: id, value, ...message })
}
const echo = (way) => ({ target: 'echo', arguments: JSON.stringify({ way }) })

await add('latest schema', latest, echo('latest schema'))
await add('own schema', own, echo('own schema'))
await add('without a key', latest, echo('without a key'), { key: null })
for (let partition = 0; partition < Number(partitions); partition++) {
  await add(`partition ${partition}`, latest, echo(`partition ${partition}`), { partition })
}
await add('unknown tool', own, { target: 'no-such-tool', arguments: '{}' })

await Promise.all([producer.connect(), consumer.connect()])
await producer.send({ topic: 'tool.calls', messages })
await consumer.subscribe({ topic: 'tool.results', fromBeginning: true })
const results = {}
await consumer.run({
  eachMessage: async ({ message }) => {
    const way = ways.get(message.key.toString())
    if (way === undefined) return
    results[way] = await registry.decode(message.value)
    if (Object.keys(results).length < ways.size) return
    console.log(JSON.stringify({ same_schema: latest === own, results }))
    process.exit()
  },
})
