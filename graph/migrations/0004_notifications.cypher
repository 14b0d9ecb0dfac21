// What somebody is told: by whose and when, one a group; endpoints outside and what is to be sent there.
CREATE CONSTRAINT notification_id IF NOT EXISTS FOR (x:Notification) REQUIRE x.id IS UNIQUE;
CREATE CONSTRAINT notification_key IF NOT EXISTS FOR (x:Notification) REQUIRE x.key IS UNIQUE;
CREATE INDEX notification_topic IF NOT EXISTS FOR (n:Notification) ON (n.topic);
CREATE INDEX notification_owner_k IF NOT EXISTS FOR (n:Notification) ON (n.ownerN, n.k);
CREATE CONSTRAINT endpoint_id IF NOT EXISTS FOR (x:PushEndpoint) REQUIRE x.id IS UNIQUE;
CREATE CONSTRAINT delivery_id IF NOT EXISTS FOR (x:Delivery) REQUIRE x.id IS UNIQUE;
CREATE CONSTRAINT delivery_key IF NOT EXISTS FOR (x:Delivery) REQUIRE x.key IS UNIQUE;
CREATE INDEX delivery_due IF NOT EXISTS FOR (d:Delivery) ON (d.state, d.dueAt);
